//! Random numbers, repeatable.

/// A stream of random choices.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    /// Each number of each seed has a stream of its own.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        Self(fastrand::Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03),
        ))
    }

    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.0.u32(0..n) == 0
    }

    pub(super) fn up_to(&mut self, most: usize) -> usize {
        self.0.usize(0..=most)
    }

    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    /// Any of the items; there is at least one.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.0.usize(0..items.len())]
    }

    pub(super) fn choose<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.0.usize(0..items.len())].clone()
    }
}
