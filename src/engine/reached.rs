//! By whom requests reach a workload, for what is an error only for them.

use std::cmp::Reverse;

use super::judge::{Bench, Judged, Session};
use super::plan::Use;
use crate::finding::{Finding, Label};
use crate::inventory::World;
use crate::model::{BackendField, Route, Routing, Service, Workload};
use crate::object::{Address, ObjectId};
use crate::rule::{Case, Ring, own_ring, ring_of};
use crate::units::Level;

/// How near a workload is to traffic, and what brings it there.
pub(super) struct Reached<'w> {
    pub(super) ring: Ring,
    /// The same without the routes to its Services.
    inside: Ring,
    /// By what it says itself.
    alone: Ring,
    /// The Service that brings it nearest without a route.
    service: Option<&'w Service>,
    /// A Service and a route from outside to it.
    routed: Option<(&'w Service, &'w Routing)>,
}

impl<'w> Reached<'w> {
    /// Where there is no workload.
    pub(super) fn nobody() -> Self {
        Self { ring: Ring::Nobody, inside: Ring::Nobody, alone: Ring::Nobody, service: None, routed: None }
    }

    /// Of several Services alike that of the workload's own name is taken, else the first by name.
    pub(super) fn of(world: &World<'w>, workload: &'w Workload) -> Self {
        let rank = |service: &Service| (ring_of(service), service.id.name == workload.id.name, Reverse(service.id.name.clone()));
        let services = || world.services_of(workload);
        let from_outside = |service: &'w Service| world.routings_to(&service.id).find(|routing| routing.is_from_outside());
        let service = services().max_by_key(|service| rank(service));
        let routed = services().filter_map(|service| Some((service, from_outside(service)?)));
        let routed = routed.max_by_key(|(service, _)| rank(service));
        let alone = own_ring(workload);
        let inside = service.map_or(alone, |service| alone.max(ring_of(service)));
        Self { ring: if routed.is_some() { Ring::Routed } else { inside }, inside, alone, service, routed }
    }

    /// How near it is: as it stands, without routes, and without Services.
    pub(super) fn rings(&self) -> [Ring; 3] {
        [self.ring, self.inside, self.alone]
    }

    /// Relates what brings the requests, where the finding does not say itself whence they come.
    fn relate(&self, needs_route: bool, finding: &mut Finding) {
        let routed = self.routed.filter(|_| needs_route);
        let Some(service) = routed.map(|(service, _)| service).or(self.service) else { return };
        if finding.related.iter().any(|(label, _)| label.object.kind.leads_to_pods()) {
            return;
        }
        let selector = Label::new(&service.id, Address::field("/spec/selector"));
        finding.related.push((selector, "requests reach the pods by this Service".to_owned()));
        if let Some((_, routing)) = routed {
            let own = &*routing.id.namespace;
            let leads_there = |route: &&Route| route.service(own) == Some((&*service.id.namespace, &*service.id.name));
            let label = routing.routes.iter().find(leads_there).map_or_else(
                || Label::new(&routing.id, Address::field("/metadata/name")),
                |route| Label::new(&routing.id, route.address(BackendField::Service)).of(route.shown()),
            );
            finding.related.push((label, format!("leads requests to Service {}", service.id.name)));
        }
    }
}

impl Bench<'_> {
    /// Runs all rules on a subject. Where that makes an error, it is asked again as if there were no routes, and as if the subject
    /// stood alone: what is an error only for those who bring it requests relates them, so that whoever doubts them doubts it.
    pub(super) fn run_reached(
        &self,
        [case, inside, alone]: [Case<'_>; 3],
        reached: &Reached<'_>,
        subject: &ObjectId,
        session: &mut Session,
    ) {
        let first = session.findings.len();
        self.run(case, subject, session);
        let found = session.findings.get_mut(first..).unwrap_or_default();
        let is_error =
            |entry: &Use, judged: &Judged| judged.armed == entry.armed && entry.level.min(judged.finding.cap) == Level::Error;
        let uses = self.uses.iter().filter(|entry| found.iter().any(|judged| is_error(entry, judged)));
        let asked = Self { uses: uses.copied().collect(), ..*self };
        if asked.uses.is_empty() || reached.service.is_none() {
            return;
        }
        let said = |case: Case<'_>| {
            let mut own = Session::default();
            asked.run(case, subject, &mut own);
            own.findings
        };
        let (inside, alone) = (said(inside), said(alone));
        for judged in found.iter_mut().filter(|judged| asked.uses.iter().any(|entry| is_error(entry, judged))) {
            let is_same = |other: &Judged| {
                (other.armed, other.finding.cap, other.finding.identity())
                    == (judged.armed, judged.finding.cap, judged.finding.identity())
            };
            if !alone.iter().any(is_same) {
                let needs_route = !inside.iter().any(is_same);
                reached.relate(needs_route, &mut judged.finding);
            }
        }
    }
}
