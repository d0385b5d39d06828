//! QR codes as SVG.

use qrcode::{Color, QrCode};
use std::fmt::Write;

/// Blank modules around a code (ISO/IEC 18004, 5.3.8).
const MARGIN: usize = 4;

/// A QR code: what a template draws into an `svg` element whose view box is `size` by `size`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Qr {
    pub(crate) size: usize,
    /// The path of the dark modules.
    pub(crate) path: String,
}

impl Qr {
    /// The code of a text. `None` when the text is too long for one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            let dark = row.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
            for (x, _) in dark {
                // Writing to a text does not fail.
                let _ = write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        Some(Self {
            size: width + 2 * MARGIN,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_margin() {
        let qr = Qr::of("otpauth://totp/Selfsame:olena@example.com?secret=AAAA").unwrap();
        let last = qr.size - MARGIN - 1;
        for (x, y) in [(MARGIN, MARGIN), (last, MARGIN), (MARGIN, last)] {
            assert!(qr.path.contains(&format!("M{x} {y}h1")), "{x} {y}");
        }
        assert!(!qr.path.contains("M3 ") && !qr.path.contains(&format!("M{} ", last + 1)));
        assert_eq!(Qr::of(&"x".repeat(10_000)), None);
    }
}
