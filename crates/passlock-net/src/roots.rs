//! Certificate roots that are files: the machine's, or those that the environment names instead, as in OpenSSL.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use passlock_core::Error;
use rustls::RootCertStore;
use rustls_native_certs::{CertificateResult, load_certs_from_paths};

/// Adds them, and says how many there were.
///
/// # Errors
///
/// `config` for a variable that is set and names no root: whoever set it wants others than the machine's, and must not get any.
pub(crate) fn add_files(roots: &mut RootCertStore) -> Result<usize, Error> {
    add(roots, |variable| env::var_os(variable))
}

fn add(roots: &mut RootCertStore, variable: impl Fn(&str) -> Option<OsString>) -> Result<usize, Error> {
    let set = |name| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
    let (file, folders) = (set("SSL_CERT_FILE"), set("SSL_CERT_DIR"));
    if file.is_none() && folders.is_none() {
        let machine = openssl_probe::probe();
        let found = load(machine.cert_file.as_deref(), &machine.cert_dir);
        return Ok(roots.add_parsable_certificates(found.certs).0);
    }
    let mut count = 0;
    if let Some(file) = file {
        count += add_named(roots, "SSL_CERT_FILE", load(Some(Path::new(&file)), &[]))?;
    }
    if let Some(folders) = folders {
        let folders: Vec<_> =
            env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect();
        count += add_named(roots, "SSL_CERT_DIR", load(None, &folders))?;
    }
    Ok(count)
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
        "{variable} in the environment names no PEM file with a certificate authority: correct it, or unset it"
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

    use super::*;

    const ROOT: &str = include_str!("../../passlock-vectors/src/tables/certificate.pem");

    fn count(variables: &[(&str, &str)]) -> Result<usize, Error> {
        let lookup = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        };
        add(&mut RootCertStore::empty(), lookup)
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
