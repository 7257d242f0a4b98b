//! The resources that a process uses, read from `/proc`. Only Linux provides this.

use std::fmt;
use std::fs;

/// What one holds at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    pub(crate) kibibytes: usize,
    /// Processes that it has started and not waited for.
    pub(crate) children: usize,
}

impl Resources {
    pub(crate) fn of(process: u64) -> Option<Self> {
        let folder = format!("/proc/{process}");
        let status = fs::read_to_string(format!("{folder}/status")).ok()?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().find_map(|word| word.parse().ok())
        };
        Some(Self {
            descriptors: fs::read_dir(format!("{folder}/fd")).ok()?.count(),
            threads: number("Threads:")?,
            kibibytes: number("VmRSS:")?,
            children: children(process).len(),
        })
    }

    /// The most of each of these.
    pub(crate) fn most(self, other: Self) -> Self {
        Self {
            descriptors: self.descriptors.max(other.descriptors),
            threads: self.threads.max(other.threads),
            kibibytes: self.kibibytes.max(other.kibibytes),
            children: self.children.max(other.children),
        }
    }

    /// What has grown since `before` by more than chance.
    pub(crate) fn growth(self, before: Self) -> Vec<String> {
        let mut grown = Vec::new();
        let mut compare = |what: &str, now: usize, before: usize, most: usize| {
            if now > most {
                grown.push(format!("{what}: {before} at the first rests, {now} at the last"));
            }
        };
        compare("descriptors", self.descriptors, before.descriptors, before.descriptors);
        compare("threads", self.threads, before.threads, before.threads + 1);
        compare("processes", self.children, before.children, before.children);
        // Allocators and collectors take their time: a fifth, and 8 MiB, are no leak.
        let most = before.kibibytes + before.kibibytes / 5 + 8 * 1024;
        compare("memory, KiB", self.kibibytes, before.kibibytes, most);
        grown
    }
}

/// The processes that one has started and not waited for.
pub(crate) fn children(process: u64) -> Vec<u64> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().filter_map(Result::ok);
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children
        .flat_map(|all| all.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { descriptors, threads, kibibytes, .. } = self;
        write!(f, "{descriptors} descriptors, {threads} threads, {} MiB", kibibytes / 1024)
    }
}
