//! What the buffers of an answer have to be to each other: `ngx_http_proxy_merge_loc_conf` in `ngx_http_proxy_module.c` refuses
//! the whole configuration otherwise, whatever is switched off. Here `proxy_buffers` keeps NGINX's own 8 of 4k beside whatever
//! `proxy-buffer-size` says (4k is a page of memory on all but a few machines).

use super::super::key::{Key, Read, Source};
use super::super::nginx::Misfit;
use super::Role;
use super::config::has_template;
use super::keys::{self, Buffers};
use crate::model::{Gateway, Global, Labels, Note, Setting, Version};
use crate::object::Address;
use crate::units::Size;

/// Where a fault is shown: at the first of these that the object writes.
const CULPRITS: [&str; 4] = ["proxy-busy-buffers-size", "proxy-buffer-size", "proxy-buffers", "proxy-max-temp-file-size"];

/// Notes buffers that cannot stand together. The head of an answer has one of this size.
pub(super) fn note(source: &mut Source<'_>, role: Role, head: &Setting<Size>) {
    let buffers = role.setting(source, &keys::BUFFERS);
    let busy = busy(source, role);
    let temp = role.setting(source, &keys::MAX_TEMP_FILE_SIZE);
    let fault = fault(head.value(), buffers.value(), busy, temp.value());
    let Some((fault, key)) = fault.zip(CULPRITS.into_iter().find(|key| source.text(key).is_some())) else { return };
    let own = SNIPPETS.iter().filter_map(|name| source.text(name));
    if own.chain(global_snippets(source.gateway.global)).any(is_about_buffers) {
        return;
    }
    let prefix = &source.gateway.prefix;
    let kind = fault.note(source.text(key).unwrap_or_default(), &format!("{prefix}/"));
    let address = Address::Key { prefix: prefix.clone(), name: key };
    source.notes.push(Note { address, key: key.into(), kind });
}

/// What is wrong with the buffers that hold where no object says another.
pub(super) fn read_global(texts: &Labels, gateway: &Gateway<'_>) -> Option<Note> {
    let is_said = texts.get(keys::BUSY_BUFFERS_SIZE.name).is_some();
    let busy = match gateway.version {
        Some(version) if version < SINCE => Some(Busy::Two),
        None if is_said => None,
        Some(_) if is_said => global(&keys::BUSY_BUFFERS_SIZE, texts).map(Busy::Is),
        Some(_) | None => Some(Busy::Two),
    };
    let (head, buffers) = (global(&keys::BUFFER_SIZE, texts), global(&keys::BUFFERS, texts));
    let fault = fault(head.as_ref(), buffers.as_ref(), busy, global(&keys::MAX_TEMP_FILE_SIZE, texts).as_ref())?;
    let key = CULPRITS.into_iter().find(|key| texts.get(key).is_some())?;
    if has_template(texts) || global_snippets(Global::Known(texts)).any(is_about_buffers) {
        return None;
    }
    Some(Note { address: Address::Data(key.into()), key: key.into(), kind: fault.note(texts.get(key).unwrap_or_default(), "") })
}

/// What holds where no object says another; `None` where that cannot be read.
fn global<T>(key: &Key<T>, texts: &Labels) -> Option<T> {
    match texts.get(key.name).filter(|text| !text.is_empty()).map(key.read) {
        None => Some((key.default)()),
        Some(Read::Value(value)) => Some(value),
        Some(Read::Ignored | Read::Poison(_) | Read::Unknown) => None,
    }
}

/// What is put into the file of an object as it is. The `ConfigMap` has one more, for all files.
const SNIPPETS: [&str; 3] = ["location-snippets", "server-snippets", "http-snippets"];

pub(super) fn global_snippets(global: Global<'_>) -> impl Iterator<Item = &str> {
    let texts = match global {
        Global::Known(texts) => Some(texts),
        Global::None | Global::Unknown => None,
    };
    texts.into_iter().flat_map(|texts| SNIPPETS.iter().filter_map(|name| texts.get(name)))
}

/// Whether a snippet may say another size than the keys.
pub(super) fn is_about_buffers(snippet: &str) -> bool {
    snippet.contains("_buffer") || snippet.contains("_temp_file")
}

/// What cannot stand together, as far as it is known.
pub(super) fn fault(head: Option<&Size>, buffers: Option<&Buffers>, busy: Option<Busy>, temp: Option<&Size>) -> Option<Misfit> {
    let (head, buffers) = (*head?, *buffers?);
    busy.and_then(|busy| unfit(head, buffers, busy)).or_else(|| too_large(head, buffers, *temp?))
}

/// The annotation of the busy buffers and its key of the `ConfigMap` are there since this version.
const SINCE: Version = Version(5, 2, 0);

/// How much of an answer may wait for a slow client.
#[derive(Clone, Copy)]
pub(super) enum Busy {
    /// Nobody says it, so it is two of the largest buffers.
    Two,
    /// This much.
    Is(Size),
}

/// What holds for busy buffers, where that is known.
fn busy(source: &mut Source<'_>, role: Role) -> Option<Busy> {
    let key = &keys::BUSY_BUFFERS_SIZE;
    let is_said = match source.gateway.global {
        _ if source.gateway.version.is_some_and(|version| version < SINCE) => false,
        _ if source.text(key.name).is_some() => {
            source.gateway.version?;
            true
        }
        _ if role == Role::Minion => return None,
        Global::Known(texts) => texts.get(key.name).is_some(),
        Global::None => false,
        Global::Unknown => return None,
    };
    if is_said { source.setting(key).value().map(|busy| Busy::Is(*busy)) } else { Some(Busy::Two) }
}

/// Why these buffers do not go with the busy ones.
fn unfit(head: Size, buffers: Buffers, busy: Busy) -> Option<Misfit> {
    let one = head.max(buffers.one);
    let times = |size: Size, count: u64| Size::from_bytes(size.as_bytes().saturating_mul(count));
    let but_one = times(buffers.one, buffers.number.saturating_sub(1));
    let because = match busy {
        _ if buffers.number < 2 => "proxy_buffers has to be two buffers at least.".to_owned(),
        Busy::Two if times(one, 2) > but_one => format!(
            "it takes twice the larger of proxy-buffer-size ({head}) and one of proxy-buffers ({buffers}) for busy buffers where nobody \
             says how much, which is {}, and all of proxy-buffers but one are {but_one}.",
            times(one, 2)
        ),
        Busy::Is(busy) if busy < one => format!(
            "proxy-busy-buffers-size ({busy}) is below the larger of proxy-buffer-size ({head}) and one of proxy-buffers ({buffers})."
        ),
        Busy::Is(busy) if busy > but_one => {
            format!("proxy-busy-buffers-size ({busy}) is above all of proxy-buffers ({buffers}) but one, which are {but_one}.")
        }
        Busy::Two | Busy::Is(_) => return None,
    };
    let fitting = Buffers { number: buffers.number.max(8), one };
    let busy = matches!(busy, Busy::Is(_)).then(|| (keys::BUSY_BUFFERS_SIZE.name, times(one, 2).to_string()));
    let lines = [(keys::BUFFER_SIZE.name, head.to_string()), (keys::BUFFERS.name, fitting.to_string())].into_iter().chain(busy);
    Some(Misfit { because, lines: lines.collect() })
}

/// Why buffers of this size do not go with the limit of the file behind them.
fn too_large(head: Size, buffers: Buffers, temp: Size) -> Option<Misfit> {
    let one = head.max(buffers.one);
    (temp.as_bytes() > 0 && temp < one).then(|| Misfit {
        because: format!("proxy-max-temp-file-size ({temp}) is below one buffer, and the largest has {one}."),
        lines: vec![(keys::MAX_TEMP_FILE_SIZE.name, one.max(Size::from_bytes(1024 << 20)).to_string())],
    })
}
