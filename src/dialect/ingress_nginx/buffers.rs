//! What the buffers of an answer have to be to each other: `ngx_http_proxy_merge_loc_conf` in `ngx_http_proxy_module.c` refuses
//! the whole configuration otherwise, whatever is switched off. It counts what holds in all, whoever says it.

use super::super::key::{Key, Read, Source};
use super::super::nginx::Misfit;
use super::sizes::{self, Busy};
use crate::model::{Gateway, Global, Labels, Note, Setting, Version};
use crate::object::Address;
use crate::units::Size;

/// Where a fault is shown: at the first of these that the object writes.
const CULPRITS: [&str; 4] = ["proxy-busy-buffers-size", "proxy-buffers-number", "proxy-buffer-size", "proxy-max-temp-file-size"];

/// Reads the buffers, and notes those that cannot stand together. Returns how large the head of an answer may be.
pub(super) fn read(source: &mut Source<'_>) -> Setting<Size> {
    let one = source.setting(&sizes::BUFFER_SIZE);
    let number = source.setting(&sizes::BUFFERS_NUMBER);
    let busy = busy(source);
    let temp = source.setting(&sizes::MAX_TEMP_FILE_SIZE);
    let fault = fault(one.value(), number.value(), busy, temp.value());
    if let (Some(fault), Some(key)) = (fault, CULPRITS.into_iter().find(|key| source.text(key).is_some())) {
        let prefix = &source.gateway.prefix;
        let kind = fault.note(source.text(key).unwrap_or_default(), &format!("{prefix}/"));
        let address = Address::Key { prefix: prefix.clone(), name: key };
        source.notes.push(Note { address, key: key.into(), kind });
    }
    one
}

/// What is wrong with the buffers that hold where no object says another.
pub(super) fn read_global(texts: &Labels, gateway: &Gateway<'_>) -> Option<Note> {
    let said = texts.get(sizes::BUSY_BUFFERS_SIZE.name);
    let busy = match gateway.version {
        Some(version) if version < SINCE => Some(Busy::Two),
        None if said.is_some() => None,
        Some(version) if said.is_none() && version < TWO_AGAIN => Some(EIGHT),
        Some(_) | None => global(&sizes::BUSY_BUFFERS_SIZE, texts),
    };
    let (one, number) = (global(&sizes::BUFFER_SIZE, texts), global(&sizes::BUFFERS_NUMBER, texts));
    let fault = fault(one.as_ref(), number.as_ref(), busy, global(&sizes::MAX_TEMP_FILE_SIZE, texts).as_ref())?;
    let key = CULPRITS.into_iter().find(|key| texts.get(key).is_some())?;
    let kind = fault.note(texts.get(key).unwrap_or_default(), "");
    Some(Note { address: Address::Data(key.into()), key: key.into(), kind })
}

/// What holds where no object says another; `None` where that cannot be read.
fn global<T>(key: &Key<T>, texts: &Labels) -> Option<T> {
    match texts.get(key.name).filter(|text| !text.is_empty()).map(key.read) {
        None => Some((key.default)()),
        Some(Read::Value(value)) => Some(value),
        Some(Read::Ignored) if key.checked_since.is_none() => Some((key.default)()),
        Some(Read::Ignored | Read::Poison(_) | Read::Unknown) => None,
    }
}

/// What cannot stand together, as far as it is known.
fn fault(one: Option<&Size>, number: Option<&u32>, busy: Option<Busy>, temp: Option<&Size>) -> Option<Misfit> {
    let one = *one?;
    let unfit = number.zip(busy).and_then(|(number, busy)| unfit(one, *number, busy));
    unfit.or_else(|| too_large(one, *temp?))
}

/// The annotation of the busy buffers and its key of the `ConfigMap` are there since this version.
const SINCE: Version = Version(1, 13, 0);
/// That version and the next had a default of 8k.
const EIGHT: Busy = Busy::Is(Size::from_bytes(8 << 10));
/// Since this one they have none again.
const TWO_AGAIN: Version = Version(1, 13, 2);

/// How much may be busy.
fn busy(source: &mut Source<'_>) -> Option<Busy> {
    let key = &sizes::BUSY_BUFFERS_SIZE;
    let is_said = match source.gateway.global {
        _ if source.text(key.name).is_some() => true,
        Global::Known(texts) => texts.get(key.name).is_some(),
        Global::None => false,
        Global::Unknown => return None,
    };
    match source.gateway.version {
        Some(version) if version < SINCE => Some(Busy::Two),
        Some(_) if is_said => source.setting(key).value().copied(),
        Some(version) if version < TWO_AGAIN => Some(EIGHT),
        None if is_said => None,
        Some(_) | None => Some(Busy::Two),
    }
}

/// Why so many buffers of this size do not go with the busy ones.
fn unfit(one: Size, number: u32, busy: Busy) -> Option<Misfit> {
    let times = |count: u64| Size::from_bytes(one.as_bytes().saturating_mul(count));
    let but_one = times(u64::from(number).saturating_sub(1));
    let because = match busy {
        Busy::Two if number == 2 => format!(
            "it takes two buffers ({}) for busy ones where nobody says how many, and one more has to be there. With \
             proxy-buffers-number 2 there is none.",
            times(2)
        ),
        Busy::Is(busy) if busy < one => {
            format!("proxy-busy-buffers-size ({busy}) is below one buffer: proxy-buffer-size is {one}.")
        }
        Busy::Is(busy) if busy > but_one => format!(
            "proxy-busy-buffers-size ({busy}) is above all buffers but one: with proxy-buffers-number {number} and \
             proxy-buffer-size {one} that is {but_one}."
        ),
        Busy::Two | Busy::Is(_) => return None,
    };
    let busy = matches!(busy, Busy::Is(_)).then(|| (sizes::BUSY_BUFFERS_SIZE.name, times(2).to_string()));
    let lines = busy.into_iter().chain((number < 3).then(|| (sizes::BUFFERS_NUMBER.name, "4".to_owned())));
    Some(Misfit { because, lines: lines.collect() })
}

/// Why a buffer of this size does not go with the limit of the file behind it.
fn too_large(one: Size, temp: Size) -> Option<Misfit> {
    let is_unfit = temp.as_bytes() > 0 && temp < one;
    is_unfit.then(|| Misfit {
        because: format!("proxy-max-temp-file-size ({temp}) is below one buffer: proxy-buffer-size is {one}."),
        lines: vec![(sizes::MAX_TEMP_FILE_SIZE.name, one.max(Size::from_bytes(1024 << 20)).to_string())],
    })
}
