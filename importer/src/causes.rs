//! Errors as people read them.

use std::error::Error;

/// An error and all that lies behind it, in one line.
pub fn in_one_line(error: &dyn Error) -> String {
    std::iter::successors(error.source(), |&cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the outer one")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_the_error() {
        let error = Outer(std::io::Error::other("the inner one"));
        assert_eq!(in_one_line(&error), "the outer one: the inner one");
        assert_eq!(in_one_line(&error.0), "the inner one");
    }
}
