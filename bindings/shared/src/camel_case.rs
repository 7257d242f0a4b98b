/// A name of the core's as languages write it that use camel case: `retry_after` is `retryAfter`.
#[must_use]
pub fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (index, part) in name.split('_').enumerate() {
        let (first, rest) = part.split_at(part.len().min(1));
        if index == 0 {
            camel.push_str(first)
        } else {
            camel.push_str(&first.to_ascii_uppercase())
        }
        camel.push_str(rest);
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_but_the_first_begins_with_a_capital() {
        for (name, camel) in [("tag", "tag"), ("retry_after", "retryAfter"), ("a_b_c", "aBC"), ("", "")] {
            assert_eq!(camel_case(name), camel);
        }
    }
}
