//! What holds between a gateway and the pods, as rows for people, and the longest wait that follows.

use super::text::at;
use crate::report::effective::{EffectiveItem, SettingItem, UNLESS_PORT, WaitItem};
use crate::rule::timeout::Timeout;

/// What holds, as rows of a name, a value and who says it; and the names of what is not known.
pub(super) fn rows(effective: &EffectiveItem, speaks_elsewhere: bool) -> (Vec<[String; 3]>, Vec<&'static str>) {
    let setting = |name: &str| setting(effective, name);
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    for (name, shown) in
        [("protocol", "speaks"), ("connect", "connect"), ("send", "send"), ("read", "read"), ("request", "request")]
    {
        match setting(name) {
            Some(own) if own.value.is_null() && own.source == "absent" => {}
            Some(_) if speaks_elsewhere && shown == "speaks" => {}
            Some(own) if own.value.is_null() => unknown.push(shown),
            Some(own) => rows.push([shown.to_owned(), own.shown.clone(), from(own)]),
            None => {}
        }
    }
    match setting("retryTries") {
        Some(tries) if tries.value.is_null() => unknown.push("tries"),
        Some(tries) => {
            let conditions = setting("retryConditions").filter(|own| !own.value.is_null());
            let is_single = tries.value == 1 || conditions.is_some_and(|own| own.value.as_array().is_some_and(Vec::is_empty));
            let on = conditions.map(|own| format!(", on {}", own.shown)).unwrap_or_default();
            let shown = if is_single { "none again".to_owned() } else { format!("{}{on}", tries.shown) };
            rows.push(["tries".to_owned(), shown, from(tries)]);
        }
        None => {}
    }
    if let Some(idle) = setting("upstreamIdle").filter(|own| !own.value.is_null()) {
        rows.push(["idle".to_owned(), idle.shown.clone(), from(idle)]);
    }
    (rows, unknown)
}

/// What may change several of the rows, which is then said once: `unless the ConfigMap says otherwise`.
pub(super) fn doubted(rows: &[[String; 3]]) -> Option<&str> {
    let doubts = || rows.iter().filter_map(|[.., from]| Some(from.rsplit_once(", unless ")?.1));
    let first = doubts().find(|own| own.ends_with(" otherwise") && doubts().filter(|other| other == own).count() > 1)?;
    rows.iter().find_map(|[.., from]| from.get(from.rfind(&format!("unless {first}"))?..))
}

/// The longest wait for an error, to be read after "at worst"; `None` where none is known to end.
pub(super) fn worst(effective: &EffectiveItem) -> Option<String> {
    let waits = &effective.timeline.waits;
    let is_known = |timeout: Timeout| waits.iter().any(|wait| wait.timeout == timeout);
    // A limit of the whole request ends what is not known.
    if !is_known(Timeout::Request) {
        let is_open = |name: &str| setting(effective, name).is_some_and(|own| own.value.is_null() && own.source != "absent");
        let is_only_connecting = waits.iter().all(|wait| wait.timeout == Timeout::Connect);
        if is_open("send") || is_open("read") || is_only_connecting && is_open("request") {
            return Some("not known, since the timeouts are not".to_owned());
        }
        if is_only_connecting {
            return Some("without end: nothing ends a wait for the answer".to_owned());
        }
    }
    let endless = waits.iter().find(|wait| wait.end == "never");
    // A wait whose end is open is longer than one of the same length that is over then.
    let length = |wait: &&WaitItem| (wait.total.unwrap_or(wait.each), wait.total.is_none());
    let wait = endless.or_else(|| waits.iter().max_by_key(length))?;
    let left: Vec<&str> =
        wait.missed_by.iter().map(|hop| if *hop == "client" { "the client" } else { "the load balancer" }).collect();
    let verb = if left.len() == 1 { "has" } else { "have" };
    let left = if left.is_empty() { String::new() } else { format!("; {} {verb} left by then", left.join(" and ")) };
    let whose = wait.line.requests;
    let whose = if whose.starts_with("all") { String::new() } else { format!(" ({whose})") };
    Some(format!("{}{whose}: {}{left}", wait.line.sum, wait.line.what))
}

fn setting<'e>(effective: &'e EffectiveItem, name: &str) -> Option<&'e SettingItem> {
    effective.settings.iter().find(|own| own.name == name)
}

/// Who says a setting, and where. What the port says of it is told there.
fn from(setting: &SettingItem) -> String {
    format!("{}{}", setting.from.strip_suffix(UNLESS_PORT).unwrap_or(&setting.from), at(&setting.place))
}
