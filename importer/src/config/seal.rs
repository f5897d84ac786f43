//! Seals what is secret in the ledger, with a key that lies beside the ledger in a file of its own.
//!
//! The ledger gets into backups, support cases and other hands; a password in it is of no use without the key file.
//! What is sealed is bound to the name of its key, so that it cannot be passed off as another.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;

const KEY_BYTES: usize = 32;

/// Why something cannot be sealed, or be read again.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file is not there.
    #[error("the key file {} is not there any more; put it back", .0.display())]
    Lost(PathBuf),
    /// It is another key than that it was sealed with, or what was sealed is damaged.
    #[error("it was not saved with the key file {}; put the right one back", .0.display())]
    Foreign(PathBuf),
    /// It is no key.
    #[error("{} is no key file, which has {KEY_BYTES} bytes; put the right one back, or remove it", .0.display())]
    Malformed(PathBuf),
    /// Others than its owner can read it.
    #[error(
        "others can read the key file {}: take that from them (`chmod 600`), and change the password if it may \
         have been seen", .0.display()
    )]
    Exposed(PathBuf),
    /// It cannot be read or written.
    #[error("the key file {} cannot be used: {cause}", .file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// The seal of one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    file: PathBuf,
}

impl Seal {
    /// The seal whose key file lies beside this ledger.
    pub(crate) fn beside(ledger: &Path) -> Self {
        let mut file = ledger.as_os_str().to_owned();
        file.push(".key");
        Self { file: file.into() }
    }

    /// Seals a secret under the name of its key, and makes the key file if there is none. Whoever calls holds the
    /// ledger's write lock, so no two processes make one at a time.
    pub(crate) fn seal(&self, name: &str, secret: &str) -> Result<Vec<u8>, SealError> {
        let key = match self.key() {
            Err(SealError::Lost(_)) => self.make()?,
            other => other?,
        };
        let mut nonce = [0; NONCE_LEN];
        self.fill(&mut nonce)?;
        let mut sealed = secret.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name),
            &mut sealed,
        )
        .map_err(|_| self.unusable(io::Error::other("the secret is too long")))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Reads what was sealed under this name.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Result<SecretString, SealError> {
        let key = self.key()?;
        let foreign = || SealError::Foreign(self.file.clone());
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(foreign)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = key.open_in_place(nonce, Aad::from(name), &mut rest).map_err(|_| foreign())?;
        let text = std::str::from_utf8(plain).map_err(|_| foreign())?;
        Ok(text.to_owned().into())
    }

    fn key(&self) -> Result<LessSafeKey, SealError> {
        match fs::metadata(&self.file) {
            Ok(metadata) if is_exposed(&metadata) => {
                return Err(SealError::Exposed(self.file.clone()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SealError::Lost(self.file.clone()));
            }
            Err(error) => return Err(self.unusable(error)),
        }
        let bytes = fs::read(&self.file).map_err(|error| self.unusable(error))?;
        self.key_of(&bytes)
    }

    fn key_of(&self, bytes: &[u8]) -> Result<LessSafeKey, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes);
        key.map(LessSafeKey::new).map_err(|_| SealError::Malformed(self.file.clone()))
    }

    /// Makes a key. It is complete and on disk before it has its name, so a power cut leaves no half a key.
    fn make(&self) -> Result<LessSafeKey, SealError> {
        let mut bytes = [0; KEY_BYTES];
        self.fill(&mut bytes)?;
        write_private(&self.file, &bytes).map_err(|error| self.unusable(error))?;
        self.key_of(&bytes)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError> {
        let no_randomness = |_| self.unusable(io::Error::other("this machine has no randomness"));
        SystemRandom::new().fill(bytes).map_err(no_randomness)
    }

    fn unusable(&self, cause: io::Error) -> SealError {
        SealError::Unusable { file: self.file.clone(), cause }
    }
}

/// Writes a file that only its owner may read, all of it or nothing, in the place of any that is there.
pub(crate) fn write_private(file: &Path, content: &[u8]) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // One that a crash left may have other rights.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&part)?;
    open.write_all(content)?;
    open.sync_all()?;
    fs::rename(&part, file)?;
    #[cfg(unix)]
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere the folder's own rights decide.
#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tempfile::TempDir;

    use super::*;

    fn seal() -> (TempDir, Seal) {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::beside(&folder.path().join("importer.db"));
        (folder, seal)
    }

    #[test]
    fn what_is_sealed_is_read_again_and_never_shown() {
        let (_folder, seal) = seal();

        let sealed = seal.seal("salesforce.password", "pässword").unwrap();

        let opened = seal.open("salesforce.password", &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "pässword");
        assert!(!sealed.windows(4).any(|part| part == b"word"));
        assert_ne!(seal.seal("salesforce.password", "pässword").unwrap(), sealed);
    }

    #[test]
    fn what_is_sealed_under_one_name_is_not_read_under_another() {
        let (_folder, seal) = seal();
        let mut sealed = seal.seal("salesforce.password", "pw").unwrap();

        assert!(matches!(seal.open("smtp.password", &sealed), Err(SealError::Foreign(_))));
        *sealed.last_mut().unwrap() ^= 1;
        assert!(matches!(seal.open("salesforce.password", &sealed), Err(SealError::Foreign(_))));
        assert!(matches!(seal.open("salesforce.password", b"x"), Err(SealError::Foreign(_))));
    }

    #[test]
    fn a_lost_foreign_or_damaged_key_file_is_named() {
        let (_folder, seal) = seal();
        let sealed = seal.seal("x", "pw").unwrap();

        fs::remove_file(&seal.file).unwrap();
        assert!(matches!(seal.open("x", &sealed), Err(SealError::Lost(_))));
        seal.seal("x", "other").unwrap();
        assert!(matches!(seal.open("x", &sealed), Err(SealError::Foreign(_))));
        write_private(&seal.file, b"short").unwrap();
        assert!(matches!(seal.open("x", &sealed), Err(SealError::Malformed(_))));
        assert!(matches!(seal.seal("x", "pw"), Err(SealError::Malformed(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, seal) = seal();
        let sealed = seal.seal("x", "pw").unwrap();
        assert_eq!(fs::metadata(&seal.file).unwrap().permissions().mode() & 0o777, 0o600);

        fs::set_permissions(&seal.file, fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(seal.open("x", &sealed), Err(SealError::Exposed(_))));
        assert!(matches!(seal.seal("x", "pw"), Err(SealError::Exposed(_))));
    }
}
