//! What must hold for any input. The fuzz targets call these checks with arbitrary bytes; plain tests of the crates call
//! them with the seeds in `../corpus-seeds`.

pub(crate) mod decode;
pub(crate) mod path;
pub(crate) mod retry_after;
pub(crate) mod settings;
