//! What is compared of a value where that is not all of it.

use no502::units::{Size, nginx_size};

/// A size as a number of bytes.
pub(super) fn bytes(text: &str) -> String {
    let size = match text.strip_suffix(['g', 'G']) {
        Some(number) => number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << 30)).map(Size::from_bytes),
        None => nginx_size(text).ok(),
    };
    size.map_or_else(|| text.to_owned(), |size| size.as_bytes().to_string())
}

/// Which file it is says nothing: its name holds a random part.
pub(super) fn file(text: &str) -> String {
    if text.starts_with('/') { "a file" } else { text }.to_owned()
}

/// A zone of a limit without the part of its name that is random.
pub(super) fn zone(text: &str) -> String {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    format!("{} {rest}", name.rsplit('_').next().unwrap_or_default())
}

/// The first word.
pub(super) fn first(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The key of a cache behind the host and the path, which are always put before it.
pub(super) fn cache_key(text: &str) -> String {
    let behind = ["-Prefix", "-Exact"].iter().find_map(|kind| text.split_once(kind));
    behind.map_or(text, |(_, key)| key).to_owned()
}
