//! What is counted, in the words of Prometheus. No label ever holds the name of a namespace or of an object.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Date;
use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::collect::Store;
use crate::object::Kind;
use crate::policy::Document;

/// From 50 microseconds to 5 seconds.
const BUCKETS: &[f64] =
    &[0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// All metrics. Each server owns its own, so that several can live in one process.
pub struct Metrics {
    registry: Registry,
    /// Reviews that were answered.
    pub requests: IntCounterVec,
    /// How long answering took.
    pub duration: HistogramVec,
    /// What `/validate` found.
    pub findings: IntCounterVec,
    /// What was only seen after the watch had delivered more.
    pub late_findings: IntCounterVec,
    /// Fixes that were patched in.
    pub fixes: IntCounterVec,
    /// Exceptions that held.
    pub exceptions_used: IntCounterVec,
    /// Bodies that were not judged.
    pub rejected: IntCounterVec,
    /// Rules that panicked.
    pub rule_panics: IntCounterVec,
    /// Reloads of the policy that failed.
    pub policy_reload_failures: IntCounter,
    policy_loaded_timestamp: Gauge,
    exceptions_expiring: IntGaugeVec,
    inventory_objects: IntGaugeVec,
    inventory_synced: IntGaugeVec,
    inventory_staleness: GaugeVec,
    certificate_expiry: Gauge,
    /// Reviews that are being answered.
    pub in_flight: IntGauge,
}

impl Metrics {
    /// All metrics at zero.
    ///
    /// # Errors
    /// Where two metrics have one name, which a test excludes.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let make = Maker(&registry);
        let info = make.gauges("build_info", "The version that runs.", &["version"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let histogram =
            HistogramOpts::new("no502_admission_duration_seconds", "How long answering a review took.").buckets(BUCKETS.to_vec());
        let duration = HistogramVec::new(histogram, &["path"])?;
        registry.register(Box::new(duration.clone()))?;
        let in_flight = IntGauge::with_opts(Opts::new("no502_inflight_requests", "Reviews that are being answered."))?;
        registry.register(Box::new(in_flight.clone()))?;
        let failures =
            IntCounter::with_opts(Opts::new("no502_policy_reload_failures_total", "Policy documents that were refused."))?;
        registry.register(Box::new(failures.clone()))?;
        Ok(Self {
            requests: make.counters(
                "admission_requests_total",
                "Reviews that were answered.",
                &["path", "operation", "kind", "verdict", "dry_run"],
            )?,
            duration,
            findings: make.counters("findings_total", "Findings of /validate.", &["rule", "level", "mode"])?,
            late_findings: make.counters(
                "late_findings_total",
                "Findings that only showed after the watch had delivered more.",
                &["rule"],
            )?,
            fixes: make.counters("fixes_total", "Fixes that were patched in.", &["rule"])?,
            exceptions_used: make.counters("exceptions_used_total", "Findings that an exception took out.", &["rule"])?,
            rejected: make.counters("admission_rejected_total", "Bodies that were not judged.", &["reason"])?,
            rule_panics: make.counters("rule_panics_total", "Rules that panicked: faults of no502.", &["rule"])?,
            policy_reload_failures: failures,
            policy_loaded_timestamp: make.float("policy_loaded_timestamp_seconds", "When the policy was loaded.")?,
            exceptions_expiring: make.gauges(
                "exceptions_expiring",
                "Exceptions of the policy that end within so many days.",
                &["days"],
            )?,
            inventory_objects: make.gauges("inventory_objects", "Objects that are known.", &["kind"])?,
            inventory_synced: make.gauges("inventory_synced", "Whether all objects were listed once.", &["kind"])?,
            inventory_staleness: make.floats("inventory_staleness_seconds", "For how long the watch is lost.", &["kind"])?,
            certificate_expiry: make.float("certificate_expiry_timestamp_seconds", "When the serving certificate ends.")?,
            in_flight,
            registry,
        })
    }

    /// Notes that a policy was loaded now.
    pub fn policy_loaded(&self) {
        self.policy_loaded_timestamp.set(jiff::Timestamp::now().as_duration().as_secs_f64());
    }

    /// Notes when the serving certificate ends.
    pub fn certificate_ends(&self, end: Duration) {
        self.certificate_expiry.set(end.as_secs_f64());
    }

    /// All metrics in the text format, with the state of the inventory as it is now.
    #[must_use]
    pub fn render(&self, store: &Store, document: &Document, today: Date) -> Vec<u8> {
        for days in [7_i32, 30] {
            let horizon = today.saturating_add(days.days());
            let ending = document.exceptions.iter().filter(|entry| entry.until >= today && entry.until <= horizon).count();
            let gauge = self.exceptions_expiring.with_label_values(&[&days.to_string()]);
            gauge.set(i64::try_from(ending).unwrap_or(i64::MAX));
        }
        let objects: Vec<(Kind, usize)> = {
            let inventory = store.read();
            Kind::ALL.into_iter().map(|kind| (kind, inventory.count(kind))).collect()
        };
        for (kind, count) in objects {
            self.inventory_objects.with_label_values(&[kind.name()]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        for (kind, state) in store.watches() {
            self.inventory_synced.with_label_values(&[kind.name()]).set(i64::from(state.is_synced));
            self.inventory_staleness.with_label_values(&[kind.name()]).set(state.staleness().as_secs_f64());
        }
        let mut text = Vec::new();
        // Writing into memory does not fail.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}

/// Makes metrics and registers them.
struct Maker<'r>(&'r Registry);

impl Maker<'_> {
    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        let counters = IntCounterVec::new(Opts::new(format!("no502_{name}"), help), labels)?;
        self.0.register(Box::new(counters.clone()))?;
        Ok(counters)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        let gauges = IntGaugeVec::new(Opts::new(format!("no502_{name}"), help), labels)?;
        self.0.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    fn floats(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let gauges = GaugeVec::new(Opts::new(format!("no502_{name}"), help), labels)?;
        self.0.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    fn float(&self, name: &str, help: &str) -> prometheus::Result<Gauge> {
        let gauge = Gauge::with_opts(Opts::new(format!("no502_{name}"), help))?;
        self.0.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }
}
