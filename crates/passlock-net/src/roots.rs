//! Certificate roots that are files: the machine's, or those that environment variables name instead, as in OpenSSL.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind as Io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_core::Error;
use rustls::RootCertStore;
use rustls_native_certs::{CertificateResult, ErrorKind, load_certs_from_paths};

/// Where systems have their roots: what `openssl_probe` looks for, which takes what it may not look at for missing.
const PLACES: [&str; 16] = [
    "/etc/ssl/certs",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/certs/cacert.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/cacert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/security/certificates",
    "/opt/etc/ssl/certs/ca-certificates.crt",
    "/etc/certs/ca-certificates.crt",
    "/etc/openssl/certs/ca-certificates.crt",
    "/usr/local/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Whether some of the system's roots could not be read.
static HAS_BAD_FILES: AtomicBool = AtomicBool::new(false);

/// Where the roots are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootFiles {
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    Named { file: Option<PathBuf>, folders: Option<Vec<PathBuf>> },
    /// Where this system has them.
    System { file: Option<PathBuf>, folders: Vec<PathBuf> },
}

/// What distinguishes a changed file from the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: (u64, u64),
    /// Of the file's content or its permissions.
    changed: (i64, i64),
    length: u64,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) count: usize,
    /// Whether all of it could be read.
    pub(crate) is_complete: bool,
    /// Whether the same files would yield the same again: a process without a free descriptor, for one, reads nothing.
    pub(crate) is_lasting: bool,
}

impl RootFiles {
    /// Looks where they are now, which reads none of them.
    pub(crate) fn find() -> Self {
        Self::find_in(|variable| env::var_os(variable))
    }

    fn find_in(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
        let (file, folders) = (set("SSL_CERT_FILE"), set("SSL_CERT_DIR"));
        if file.is_none() && folders.is_none() {
            let machine = openssl_probe::probe();
            return Self::of_the_system(machine.cert_file, machine.cert_dir, &PLACES);
        }
        let split =
            |folders| env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect();
        Self::Named { file: file.map(PathBuf::from), folders: folders.map(split) }
    }

    /// Without a file that was found, the first place that can't be looked at: there may be one.
    fn of_the_system(file: Option<PathBuf>, folders: Vec<PathBuf>, places: &[impl AsRef<Path>]) -> Self {
        let out_of_reach = |place: &&Path| match fs::metadata(place) {
            Ok(_) => false,
            Err(error) => !matches!(error.kind(), Io::NotFound | Io::NotADirectory),
        };
        let mut places = places.iter().map(AsRef::as_ref);
        let file = file.or_else(|| places.find(out_of_reach).map(Path::to_owned));
        Self::System { file, folders }
    }

    /// What they are now. A folder's stamp changes when a file in it is added, removed or replaced; for what is written into
    /// its files, these have theirs. The system's own folders do without: they have hundreds, and what changes them writes the
    /// file beside them too. Unless there was a bad one among them, which may be corrected.
    pub(crate) fn stamps(&self) -> Vec<Option<Stamp>> {
        let stamp = |path: &Path| fs::metadata(path).ok().map(|it| Stamp::of(&it));
        let mut stamps: Vec<_> = self.paths().map(stamp).collect();
        let folders = match self {
            Self::Named { folders: Some(folders), .. } => Some(folders),
            Self::System { folders, .. } => HAS_BAD_FILES.load(Ordering::Relaxed).then_some(folders),
            Self::Named { .. } => None,
        };
        if let Some(folders) = folders {
            let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
            let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
            files.sort_unstable();
            stamps.extend(files.iter().map(|file| stamp(file)));
        }
        stamps
    }

    /// Reads them and adds them.
    ///
    /// # Errors
    ///
    /// `config` for a variable that is set and yields no root certificate: it was set to replace the machine's roots, which
    /// must not be used then.
    pub(crate) fn add_to(&self, roots: &mut RootCertStore) -> Result<Added, Error> {
        let (file, folders) = match self {
            Self::System { file, folders } => {
                let found = load(file.as_deref(), folders);
                let mut added = Added::new(&found);
                if !added.is_complete {
                    HAS_BAD_FILES.store(true, Ordering::Relaxed);
                }
                added.count = roots.add_parsable_certificates(found.certs).0;
                return Ok(added);
            }
            Self::Named { file, folders } => (file, folders),
        };
        let mut all = Added { count: 0, is_complete: true, is_lasting: true };
        let mut add = |variable, found: CertificateResult| {
            let added = Added::new(&found);
            all.is_complete &= added.is_complete;
            all.is_lasting &= added.is_lasting;
            add_named(roots, variable, found).map(|count| all.count += count)
        };
        if let Some(file) = file {
            add("SSL_CERT_FILE", load(Some(file), &[]))?;
        }
        if let Some(folders) = folders {
            add("SSL_CERT_DIR", load(None, folders))?;
        }
        Ok(all)
    }

    /// Where they are, for people. A path may hold anything, a line break for example.
    pub(crate) fn describe(&self) -> String {
        let paths: Vec<_> =
            self.paths().map(|path| path.display().to_string().escape_debug().to_string()).collect();
        let places = paths.join(", ");
        match self {
            Self::System { .. } => places,
            Self::Named { file: Some(_), folders: None } => format!("SSL_CERT_FILE ({places})"),
            Self::Named { file: None, .. } => format!("SSL_CERT_DIR ({places})"),
            Self::Named { .. } => format!("SSL_CERT_FILE and SSL_CERT_DIR ({places})"),
        }
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let (file, folders) = match self {
            Self::Named { file, folders } => (file, folders.as_deref().unwrap_or_default()),
            Self::System { file, folders } => (file, folders.as_slice()),
        };
        file.iter().chain(folders).map(PathBuf::as_path)
    }
}

impl Added {
    /// What of it was read, and none of it counted.
    fn new(found: &CertificateResult) -> Self {
        let is_lasting = found.errors.iter().all(|error| match &error.kind {
            ErrorKind::Pem(_) => true,
            ErrorKind::Io { inner, .. } => {
                let kinds = [Io::PermissionDenied, Io::NotFound, Io::IsADirectory, Io::NotADirectory];
                kinds.contains(&inner.kind()) || inner.raw_os_error() == Some(libc::ELOOP)
            }
            _ => false,
        });
        Self { count: 0, is_complete: found.errors.is_empty(), is_lasting }
    }
}

impl Stamp {
    fn of(file: &fs::Metadata) -> Self {
        Self {
            inode: (file.dev(), file.ino()),
            changed: (file.ctime(), file.ctime_nsec()),
            length: file.len(),
        }
    }
}

fn load(file: Option<&Path>, folders: &[PathBuf]) -> CertificateResult {
    let mut all = load_certs_from_paths(file, None);
    for folder in folders {
        let found = load_certs_from_paths(None, Some(folder));
        all.certs.extend(found.certs);
        all.errors.extend(found.errors);
    }
    // A folder has most of them twice: in files of their own, and in one of all.
    all.certs.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    all.certs.dedup();
    all
}

fn add_named(roots: &mut RootCertStore, variable: &str, found: CertificateResult) -> Result<usize, Error> {
    let (count, _) = roots.add_parsable_certificates(found.certs);
    if count > 0 {
        return Ok(count);
    }
    let error = Error::config(format!(
        "{variable} in the environment yields no root certificate in PEM form: correct it, or unset it"
    ));
    Err(match found.errors.first() {
        // A path may hold anything, a line break that a shell left in it for example.
        Some(cause) => error.with_cause(cause.to_string().escape_debug().to_string()),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const ROOT: &str = include_str!("certificate.pem");

    fn count(variables: &[(&str, &str)]) -> Result<usize, Error> {
        let lookup = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        };
        RootFiles::find_in(lookup).add_to(&mut RootCertStore::empty()).map(|added| added.count)
    }

    #[test]
    fn what_the_environment_names_replaces_the_machines_roots() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("root.pem"), ROOT).unwrap();
        fs::write(path("notes"), "nothing in PEM").unwrap();
        let (file, dir) = (path("root.pem"), path(""));
        assert_eq!(count(&[("SSL_CERT_FILE", &file)]).unwrap(), 1);
        assert_eq!(count(&[("SSL_CERT_DIR", &dir)]).unwrap(), 1);
        assert_eq!(count(&[("SSL_CERT_DIR", &format!(":/no/such/folder:{dir}"))]).unwrap(), 1);
        assert_eq!(count(&[("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &dir)]).unwrap(), 2);
    }

    #[test]
    fn a_file_that_was_changed_or_replaced_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("root.pem"), folder.path().join("other"));
        fs::write(&file, ROOT).unwrap();
        let files = RootFiles::Named { file: Some(file.clone()), folders: Some(vec![folder.path().into()]) };
        let first = files.stamps();
        assert_eq!(files.stamps(), first);
        fs::write(&other, ROOT).unwrap();
        let with_another = files.stamps();
        assert_eq!((with_another[0], with_another[1] == first[1]), (first[0], false));
        // Written into, which the folder does not show: of the named file, and of one that is only in the folder.
        fs::write(&other, ROOT.repeat(3)).unwrap();
        let written = files.stamps();
        assert_eq!((written[..2] == with_another[..2], written == with_another), (true, false));
        fs::rename(&other, &file).unwrap();
        assert_ne!(files.stamps()[0], first[0]);
        fs::write(&file, ROOT.repeat(2)).unwrap();
        let longer = files.stamps()[0];
        assert_ne!(longer, first[0]);
        // Longer than a tick of the file system's clock.
        std::thread::sleep(std::time::Duration::from_millis(50));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_ne!(files.stamps()[0], longer);
        fs::remove_file(&file).unwrap();
        assert_eq!(files.stamps()[0], None);
    }

    #[test]
    fn a_bad_file_of_the_systems_that_was_corrected_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bad.pem");
        fs::write(&file, ROOT.replace("CERTIFICATE-----\n", "CERTIFICATE-----\n!")).unwrap();
        let files = RootFiles::System { file: None, folders: vec![folder.path().into()] };
        let added = files.add_to(&mut RootCertStore::empty()).unwrap();
        assert_eq!(added, Added { count: 0, is_complete: false, is_lasting: true });
        let bad = files.stamps();
        assert_eq!(files.stamps(), bad);
        // Written into, which the folder does not show.
        fs::write(&file, ROOT).unwrap();
        assert_ne!(files.stamps(), bad);
        assert_eq!(files.add_to(&mut RootCertStore::empty()).unwrap().count, 1);
    }

    /// Not by permissions, which hold nobody who is root: a link to itself can't be followed by anyone.
    #[test]
    fn a_place_that_can_not_be_looked_at_is_not_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, closed) = (folder.path().join("missing"), folder.path().join("closed"));
        std::os::unix::fs::symlink("closed", &closed).unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let below_a_file = folder.path().join("file/root.pem");
        let places = [missing.clone(), below_a_file.clone(), closed.join("root.pem")];
        let of = |places: &[PathBuf]| RootFiles::of_the_system(None, Vec::new(), places);
        assert_eq!(of(&places[..2]), RootFiles::System { file: None, folders: Vec::new() });
        let closed = of(&places);
        assert_eq!(closed, RootFiles::System { file: Some(places[2].clone()), folders: Vec::new() });
        let added = closed.add_to(&mut RootCertStore::empty()).unwrap();
        assert_eq!((added.count, added.is_complete), (0, false));
        let found = RootFiles::of_the_system(Some(missing.clone()), Vec::new(), &places);
        assert_eq!(found, RootFiles::System { file: Some(missing), folders: Vec::new() });
    }

    /// One that a later version looks for too has to be added.
    #[test]
    fn what_is_found_on_this_machine_is_one_of_the_places() {
        let unknown: Vec<_> = openssl_probe::candidate_cert_dirs()
            .filter(|path| !PLACES.iter().any(|it| Path::new(it) == *path))
            .collect();
        assert_eq!(unknown, [] as [&Path; 0]);
    }

    #[test]
    fn a_variable_that_is_empty_is_not_set() {
        let machine = count(&[]).unwrap();
        for empty in ["", " ", "\n"] {
            assert_eq!(
                count(&[("SSL_CERT_FILE", empty), ("SSL_CERT_DIR", empty)]).unwrap(),
                machine,
                "{empty:?}"
            );
        }
    }

    #[test]
    fn a_variable_that_names_no_root_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("root.pem"), ROOT).unwrap();
        fs::write(path("garbage"), "no PEM").unwrap();
        fs::write(path("empty"), "").unwrap();
        fs::write(path("broken.pem"), ROOT.replace('\n', "\n!")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        let good = path("root.pem");
        for (variable, value) in [
            ("SSL_CERT_FILE", path("missing")),
            ("SSL_CERT_FILE", path("folder")),
            ("SSL_CERT_FILE", path("garbage")),
            ("SSL_CERT_FILE", path("empty")),
            ("SSL_CERT_FILE", path("broken.pem")),
            ("SSL_CERT_FILE", format!("{good}\n")),
            ("SSL_CERT_DIR", path("missing")),
            ("SSL_CERT_DIR", path("folder")),
            ("SSL_CERT_DIR", good.clone()),
            ("SSL_CERT_DIR", ":".to_owned()),
        ] {
            let error = count(&[(variable, &value)]).unwrap_err();
            assert_eq!(error.kind(), passlock_core::ErrorKind::Config);
            assert!(error.message().starts_with(variable), "{error}");
            assert!(!format!("{error}{:?}", error.cause()).contains('\n'), "{error:?}");
            // A good one beside it does not make up for it.
            let other = if variable == "SSL_CERT_FILE" { "SSL_CERT_DIR" } else { "SSL_CERT_FILE" };
            let beside = if other == "SSL_CERT_FILE" { good.clone() } else { path("") };
            assert!(count(&[(variable, &value), (other, &beside)]).is_err(), "{variable} {value}");
        }
        let error = count(&[("SSL_CERT_FILE", &path("missing"))]).unwrap_err();
        assert!(error.cause().unwrap().contains("No such file"), "{error:?}");
    }
}
