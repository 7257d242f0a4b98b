//! Writes the Swift and the Kotlin code that calls the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
