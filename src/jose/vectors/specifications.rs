//! The examples of the specifications. Their claims were good in 2011, and are not looked at here.

use serde_json::{Value, json};

use crate::jose::{JoseError, Jws};

use super::{open, ring_of};

/// The claims of the examples of RFC 7515.
const CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

/// The same, encoded.
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn claims(token: &str, key: &Value) -> String {
    let (token, keys) = (Jws::parse(token).unwrap(), ring_of(key));
    let key = keys.find(token.key_id(), token.algorithm()).unwrap();
    token.verify(key).unwrap().as_json().to_owned()
}

#[test]
fn rfc_7515_appendix_a_2_rs256() {
    let key = json!({
        "kty": "RSA",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF\
              d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo\
              7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM\
              Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e": "AQAB",
    });
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ\
                     dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN\
                     9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXL\
                     IhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    assert_eq!(claims(&format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{signature}"), &key), CLAIMS);
}

#[test]
fn rfc_7515_appendix_a_3_es256() {
    let key = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert_eq!(claims(&format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{signature}"), &key), CLAIMS);
}

/// Appendix A.1 is signed with a shared secret, A.5 is not signed at all.
#[test]
fn rfc_7515_appendices_a_1_and_a_5_are_refused() {
    let symmetric =
        format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(Jws::parse(&symmetric).unwrap_err(), JoseError::Symmetric);
    assert_eq!(Jws::parse(&format!("eyJhbGciOiJub25lIn0.{PAYLOAD}.")).unwrap_err(), JoseError::Unsigned);
}

/// RFC 7515 appendix E: a header that demands what nobody understands.
#[test]
fn rfc_7515_appendix_e_is_refused() {
    let token = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTk\
                 RFRklORUQiOnRydWUNCn0.RkFJTA.";
    assert_eq!(Jws::parse(token).unwrap_err(), JoseError::Critical);
}

/// Its payload is no claims, so that it is opened one step below [`Jws`].
#[test]
fn rfc_8037_appendix_a_4_eddsa() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4k\
                 i4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(open(token, &ring_of(&key)).unwrap(), b"Example of Ed25519 signing");
    assert!(Jws::parse(token).is_err());
}
