//! What nobody can guess.

use std::fmt::Write;

use ring::rand::{SecureRandom, SystemRandom};

/// This machine has no randomness, so nobody can be let in.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no randomness")]
pub struct NoRandomness;

/// So many random bytes, as hexadecimal digits.
pub(super) fn random_hex<const BYTES: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
