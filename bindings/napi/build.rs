//! Link arguments of a Node add-on, by platform.

fn main() {
    napi_build::setup();
}
