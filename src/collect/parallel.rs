//! Work for all processors.

use std::sync::atomic::{AtomicUsize, Ordering};

/// For fewer things than that no thread is worth its start.
const FEW: usize = 8;

/// How many processors there are.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Takes each thing in, on as many threads as there are processors. Each thread begins with a state of its own, and takes what
/// comes next in their order; the states are what is left.
pub fn share<T: Sync, S: Send>(things: &[T], start: impl Fn() -> S + Sync, take: impl Fn(&mut S, usize, &T) + Sync) -> Vec<S> {
    let threads = processors().min(things.len() / FEW);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut state = start();
        while let Some((index, thing)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, things.get(at)?))) {
            take(&mut state, index, thing);
        }
        state
    };
    if threads < 2 {
        return vec![work()];
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// What comes of each thing, in their order. Each thread has a state of its own, for what is dear to make anew.
pub fn each<T: Sync, S: Send, R: Send>(
    things: &[T],
    start: impl Fn() -> S + Sync,
    make: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let take = |(state, made): &mut (S, Vec<(usize, R)>), index: usize, thing: &T| made.push((index, make(state, thing)));
    let states = share(things, || (start(), Vec::new()), take);
    let mut made: Vec<(usize, R)> = states.into_iter().flat_map(|(_, made)| made).collect();
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, own)| own).collect()
}
