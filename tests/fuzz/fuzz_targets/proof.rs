#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| tower_oidc_fuzz::proof(input));
