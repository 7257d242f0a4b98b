//! Loading the vectors.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The name of this runner's language in a vector's `only`.
const LANGUAGE: &str = "rust";

/// The values that vectors leave out: `defaults.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    #[serde(rename = "$schema")]
    _schema: String,
    #[serde(rename = "about")]
    _about: String,
    /// Settings of every client.
    pub settings: Map<String, Value>,
    /// The time, in seconds since the Unix epoch.
    pub now: Value,
    /// Headers of every request.
    pub headers: Map<String, Value>,
    /// Fields of every error.
    pub error: Map<String, Value>,
}

/// One call and all that is known about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it is called, such as `claims/exp-at-the-edge`.
    pub name: String,
    /// The reason, if it is not obvious.
    #[serde(default, rename = "why")]
    _why: Option<String>,
    #[serde(default)]
    only: Option<Only>,
    /// Settings that differ from the default ones; null removes one of those.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// All the environment variables that the client sees.
    #[serde(default)]
    pub environment: Map<String, Value>,
    /// The time; null is the machine's own clock.
    #[serde(default = "unsaid")]
    pub now: Value,
    /// What to tell the emulator, in this order.
    #[serde(default)]
    pub server: Vec<Map<String, Value>>,
    /// The call.
    pub call: Map<String, Value>,
    /// The requests that must be seen, and no others.
    pub wire: Vec<Map<String, Value>>,
    /// What the call returns.
    #[serde(default)]
    pub result: Option<Value>,
    /// Or how it fails.
    #[serde(default)]
    pub error: Option<Map<String, Value>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    languages: Vec<String>,
    #[serde(rename = "why")]
    _why: String,
}

/// `now` where a vector does not mention it, which null would be.
fn unsaid() -> Value {
    Value::Bool(false)
}

impl Vector {
    /// Whether it can be expressed in Rust at all.
    #[must_use]
    pub fn is_for_rust(&self) -> bool {
        self.only.as_ref().is_none_or(|only| only.languages.iter().any(|language| language == LANGUAGE))
    }
}

/// All vectors.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The values that they leave out.
    pub defaults: Defaults,
    /// Those that Rust can run.
    pub vectors: Vec<Vector>,
    /// The names of the others.
    pub left_out: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema")]
    _schema: String,
    #[serde(rename = "about")]
    _about: String,
    #[serde(default, rename = "generated_from")]
    _generated_from: Option<String>,
    vectors: Vec<Vector>,
}

impl Suite {
    /// The number of vectors for all languages.
    #[must_use]
    pub fn all(&self) -> usize {
        self.vectors.len() + self.left_out.len()
    }

    /// Loads all vectors of a folder, in the order of their files' names.
    ///
    /// # Errors
    ///
    /// A file that can't be read, is not a vector file, or repeats a name; the message names it.
    pub fn load(folder: &Path) -> Result<Self, String> {
        let defaults = read(&folder.join("defaults.json"))?;
        let mut suite = Self { defaults, vectors: Vec::new(), left_out: Vec::new() };
        let mut names = BTreeSet::new();
        for path in files(folder)? {
            let file: File = read(&path)?;
            for mut vector in file.vectors {
                if !names.insert(vector.name.clone()) {
                    return Err(format!("{}: there are two vectors `{}`", path.display(), vector.name));
                }
                if vector.now == unsaid() {
                    vector.now = suite.defaults.now.clone();
                }
                if vector.is_for_rust() {
                    suite.vectors.push(vector);
                } else {
                    suite.left_out.push(vector.name);
                }
            }
        }
        Ok(suite)
    }
}

/// The folder of the vectors in this repository.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

/// The files that hold vectors.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let complaint = |error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(complaint)? {
        let path = entry.map_err(complaint)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") && !name.ends_with(".schema.json") && name != "defaults.json" {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, String> {
    let complaint = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read(path).map_err(|error| complaint(&error))?;
    serde_json::from_slice(&text).map_err(|error| complaint(&error))
}
