//! What the buffers of an answer have to be to each other: `ngx_http_proxy_merge_loc_conf` in `ngx_http_proxy_module.c` refuses
//! the whole configuration otherwise, whatever is switched off. Here `proxy_buffers` keeps NGINX's own 8 of 4k beside whatever
//! `proxy-buffer-size` says (4k is a page of memory on all but a few machines).

use super::super::key::Source;
use super::Role;
use super::keys::{self, Buffers};
use crate::model::{Global, Note, NoteKind, Setting, Version};
use crate::object::Address;
use crate::units::Size;

/// Where a fault is shown: at the first of these that the object writes.
const CULPRITS: [&str; 4] = ["proxy-busy-buffers-size", "proxy-buffer-size", "proxy-buffers", "proxy-max-temp-file-size"];

/// Notes buffers that cannot stand together. The head of an answer has one of this size.
pub(super) fn note(source: &mut Source<'_>, role: Role, head: &Setting<Size>) {
    let buffers = role.setting(source, &keys::BUFFERS);
    let busy = busy(source, role);
    let temp = role.setting(source, &keys::MAX_TEMP_FILE_SIZE);
    let (Some(&head), Some(&buffers)) = (head.value(), buffers.value()) else { return };
    let fault = fault(head, buffers, busy, temp.value().copied());
    let Some((fault, key)) = fault.zip(CULPRITS.into_iter().find(|key| source.text(key).is_some())) else { return };
    let prefix = &source.gateway.prefix;
    let lines: Vec<String> = fault.lines.iter().map(|(key, value)| format!("{prefix}/{key}: \"{value}\"")).collect();
    let kind = NoteKind::Poison {
        written: source.text(key).unwrap_or_default().into(),
        because: fault.because.into(),
        expects: format!("what fits, such as\n{}", lines.join("\n")).into(),
        rewrite: None,
    };
    let address = Address::Key { prefix: prefix.clone(), name: key };
    source.notes.push(Note { address, key: key.into(), kind });
}

/// Why these cannot stand together, as far as they are known.
pub(super) fn fault(head: Size, buffers: Buffers, busy: Option<Busy>, temp: Option<Size>) -> Option<Fault> {
    busy.and_then(|busy| unfit(head, buffers, busy)).or_else(|| too_large(head, buffers, temp?))
}

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
    const SINCE: Version = Version(5, 2, 0);
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

/// What is wrong, and lines that would be right.
pub(super) struct Fault {
    pub(super) because: String,
    pub(super) lines: Vec<(&'static str, String)>,
}

/// Why these buffers do not go with the busy ones.
fn unfit(head: Size, buffers: Buffers, busy: Busy) -> Option<Fault> {
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
    Some(Fault { because, lines: lines.collect() })
}

/// Why buffers of this size do not go with the limit of the file behind them.
fn too_large(head: Size, buffers: Buffers, temp: Size) -> Option<Fault> {
    let one = head.max(buffers.one);
    (temp.as_bytes() > 0 && temp < one).then(|| Fault {
        because: format!("proxy-max-temp-file-size ({temp}) is below one buffer, and the largest has {one}."),
        lines: vec![(keys::MAX_TEMP_FILE_SIZE.name, one.max(Size::from_bytes(1024 << 20)).to_string())],
    })
}
