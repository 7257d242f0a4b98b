//! Writes the code, Swift or Kotlin, that calls the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
