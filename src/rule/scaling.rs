//! All that a rule may see of what decides on the number of pods.

use super::context::WorkloadCase;
use super::ring::Ring;
use crate::inventory::{Attached, World};
use crate::model::{Autoscaler, DisruptionBudget, Workload};

/// An autoscaler and what it scales.
pub struct AutoscalerCase<'c> {
    /// The autoscaler.
    pub autoscaler: &'c Autoscaler,
    /// What it scales, where it is there.
    pub target: Option<&'c Workload>,
    /// How near to traffic that is.
    pub ring: Ring,
    /// The neighbours.
    pub world: &'c World<'c>,
}

/// A disruption budget and what it guards.
pub struct BudgetCase<'c> {
    /// The budget.
    pub budget: &'c DisruptionBudget,
    /// The workloads whose pods it guards, in the order of their kinds and names.
    pub workloads: &'c [&'c Workload],
    /// How near to traffic the nearest of them is.
    pub ring: Ring,
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl<'c> WorkloadCase<'c> {
    /// What scales the workload, in the order of kinds and names.
    #[must_use]
    pub fn autoscalers(&self) -> Vec<&'c Autoscaler> {
        let id = &self.workload.id;
        let mut found: Vec<&Autoscaler> = self.world.attached(&id.namespace, &Attached::to_object(id));
        found.retain(|own| own.target.as_ref() == Some(id));
        found
    }

    /// The budgets that guard its pods, in the order of their names.
    #[must_use]
    pub fn budgets(&self) -> Vec<&'c DisruptionBudget> {
        let (namespace, labels) = (&self.workload.id.namespace, &self.workload.labels);
        let mut found: Vec<&DisruptionBudget> = self.world.attached(namespace, &Attached::to_pods(labels));
        found.retain(|own| own.pods.as_ref().is_some_and(|pods| pods.selects(labels)));
        found
    }
}
