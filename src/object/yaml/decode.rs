//! From the bytes of a file to its text, as kubectl takes them: UTF-8, or UTF-16 where a byte order mark says so.

use super::{Position, Unreadable};

/// How a text was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    Utf8,
    /// UTF-16, the low byte of each pair first.
    Utf16Le,
    /// UTF-16, the high byte of each pair first.
    Utf16Be,
}

/// The text in these bytes. What is no character becomes U+FFFD, and the first such place is told.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> (String, Encoding, Option<Unreadable>) {
    let encoding = match bytes.as_slice() {
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    };
    let (text, broken) = match encoding {
        Encoding::Utf8 => match String::from_utf8(bytes) {
            Ok(text) => return (text, encoding, None),
            Err(error) => {
                let sound = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(sound))
            }
        },
        Encoding::Utf16Le => pairs(&bytes, u16::from_le_bytes),
        Encoding::Utf16Be => pairs(&bytes, u16::from_be_bytes),
    };
    let name = if encoding == Encoding::Utf8 { "UTF-8" } else { "UTF-16" };
    let reason = format!("is not {name}; U+FFFD is read where characters cannot be told");
    let fault = broken.map(|sound| Unreadable { at: after(text.get(..sound).unwrap_or_default()), reason });
    (text, encoding, fault)
}

/// The bytes of a text, as [`decode`] reads it.
#[must_use]
pub fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    let units = || ['\u{feff}'].into_iter().chain(text.chars()).flat_map(|own| own.encode_utf16(&mut [0; 2]).to_vec());
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
    }
}

/// The text in pairs of bytes without the byte order mark, and where the first one ends that is no character.
fn pairs(bytes: &[u8], number: fn([u8; 2]) -> u16) -> (String, Option<usize>) {
    let (whole, rest) = bytes.get(2..).unwrap_or_default().as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut broken = None;
    for unit in char::decode_utf16(whole.iter().map(|pair| number(*pair))) {
        if unit.is_err() {
            broken = broken.or(Some(text.len()));
        }
        text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        broken = broken.or(Some(text.len()));
    }
    (text, broken)
}

/// Where what follows a text stands.
fn after(text: &str) -> Position {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position { line: count(text.matches('\n').count()), column: count(last.chars().count()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_tells_how_a_text_is_written() {
        let text = "kind: Pod # ü 😀\n";
        let low: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let high: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        for (bytes, encoding) in [(low, Encoding::Utf16Le), (high, Encoding::Utf16Be), (text.as_bytes().to_vec(), Encoding::Utf8)]
        {
            assert_eq!(encode(text, encoding), bytes);
            assert_eq!(decode(bytes), (text.to_owned(), encoding, None));
        }
    }

    #[test]
    fn what_is_no_character_is_told_and_the_rest_is_read() {
        let at = |line, column| Position { line, column };
        for (bytes, text, place) in [
            (&b"a: 1\nb: \xe4\nc: 2\n"[..], "a: 1\nb: \u{fffd}\nc: 2\n", at(2, 4)),
            (b"\xff\xfea\0\x00\xd8b\0", "a\u{fffd}b", at(1, 2)),
            (b"\xfe\xff\0a\n", "a", at(1, 2)),
        ] {
            let (decoded, _, fault) = decode(bytes.to_vec());
            assert_eq!((&*decoded, fault.map(|fault| fault.at)), (text, Some(place)), "{bytes:?}");
        }
    }
}
