//! Contrast, as the Web Content Accessibility Guidelines 2.2 measure it.

use super::{STYLE, between};

/// Least contrast of text (success criterion 1.4.3, level AA).
const TEXT: f64 = 4.5;

/// Least contrast of what is no text and must be seen: symbols and focus (success criterion 1.4.11).
const GRAPHICS: f64 = 3.0;

#[test]
fn text_can_be_read_in_the_light_and_in_the_dark() {
    let light = between(STYLE, ":root {", "}");
    let dark = between(between(STYLE, "(prefers-color-scheme: dark)", "* {"), ":root {", "}");
    for palette in [light, dark] {
        for (front, back, least) in [
            ("text", "card", TEXT),
            ("quiet", "card", TEXT),
            ("accent", "card", TEXT),
            ("accent-hover", "card", TEXT),
            ("on-accent", "accent", TEXT),
            ("on-accent", "accent-hover", TEXT),
            ("accent", "ground", GRAPHICS),
        ] {
            let contrast = contrast(luminance(palette, front), luminance(palette, back));
            assert!(contrast >= least, "{front} on {back}: {contrast:.2} in {palette}");
        }
    }
}

/// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(palette: &str, name: &str) -> f64 {
    let hex = between(palette, &format!("--{name}: #"), ";");
    let channel = |place: usize| {
        let share = f64::from(u8::from_str_radix(&hex[place..place + 2], 16).unwrap()) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn contrast_is_measured_as_defined() {
    let palette = "--white: #ffffff; --black: #000000; --grey: #777777;";
    let of = |a, b| contrast(luminance(palette, a), luminance(palette, b));
    assert!((of("white", "black") - 21.0).abs() < 1e-9);
    assert!((of("white", "grey") - 4.48).abs() < 0.005);
}
