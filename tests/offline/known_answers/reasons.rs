//! Why no502 says otherwise than another tool expects, where it does.

/// Who is right where two tools disagree.
#[derive(Clone, Copy, Eq, PartialEq)]
#[allow(dead_code, reason = "which of them occur changes with the rules")]
pub(super) enum Right {
    /// Each by its own question.
    Both,
    /// no502.
    No502,
    /// The other tool: a fault of no502.
    Other,
}

impl Right {
    /// As the document says it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::No502 => "no502",
            Self::Other => "the other tool",
        }
    }
}

/// Why no502 says otherwise.
pub(super) struct Reason {
    /// The check.
    pub(super) check: &'static str,
    /// A part of the file's name, a blank and the object, by which the rows are told.
    pub(super) of: &'static str,
    /// Who is right.
    pub(super) right: Right,
    /// Why.
    pub(super) why: &'static str,
}

/// The reasons. One that nobody needs any more fails the test, as one that is missing does.
pub(super) const REASONS: &[Reason] = &[
    Reason {
        check: "dangling-service",
        of: "dangling-service.yml",
        right: Right::Both,
        why: "Services whose pods an operator or another file makes are healthy. `service-selects-nothing` speaks where a workload nearly fits.",
    },
    Reason {
        check: "deployment-has-multiple-replicas",
        of: "mydeploybad",
        right: Right::Both,
        why: "no Service leads to it, so nothing from outside does. `single-replica` asks what is reached.",
    },
    Reason {
        check: "pdb-max-unavailable",
        of: "pdb-max-unavailable.yaml",
        right: Right::No502,
        why: "the budget has no selector, and one without guards no pod.",
    },
    Reason {
        check: "pdb-maxunavailable",
        of: "bad-pdb-negative-one",
        right: Right::No502,
        why: "a negative number is refused by the API server, and is no number of pods here.",
    },
    Reason {
        check: "pdb-maxunavailable",
        of: "bad-pdb-zero",
        right: Right::Both,
        why: "no workload of the file has such pods, so nobody is known to ask them. `disruption-blocked` is about pods that take requests; to keep \
              those of a Job from being evicted is sound.",
    },
    Reason {
        check: "pdb-min-available",
        of: "pdb-min-available.yaml",
        right: Right::Both,
        why: "the pods declare no port and have no Service, so they take no requests.",
    },
    Reason {
        check: "require-pod-probes",
        of: "badpod02",
        right: Right::Both,
        why: "there every container is asked, here those that get requests: the container with the port has its probe, and no Service leads to the other one.",
    },
];
