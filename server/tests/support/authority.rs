//! A certificate authority of the test's own, by `openssl`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// An authority whose certificate is a file.
pub(crate) struct Authority {
    directory: PathBuf,
    name: &'static str,
}

impl Authority {
    /// Makes one with this name in a directory.
    pub(crate) fn new(directory: &Path, name: &'static str) -> Self {
        let authority = Self { directory: directory.to_owned(), name };
        let (key, certificate) = (authority.file("key"), authority.certificate());
        openssl(&["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", &format!("/CN={name}"), "-addext", "basicConstraints=critical,CA:TRUE"])
            .arg("-keyout")
            .arg(key)
            .arg("-out")
            .arg(certificate)
            .run();
        authority
    }

    /// Its own certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file("pem")
    }

    /// A certificate and key of a server with these names, such as `DNS:localhost` or
    /// `IP:127.0.0.1`.
    pub(crate) fn sign(&self, names: &str) -> (PathBuf, PathBuf) {
        let stem = names.replace([':', ',', '.'], "-");
        let file = |end: &str| self.directory.join(format!("{}-{stem}.{end}", self.name));
        let (certificate, key, request, extensions) = (file("pem"), file("key"), file("csr"), file("ext"));
        fs::write(&extensions, format!("subjectAltName={names}\nextendedKeyUsage=serverAuth\n")).expect("a file");
        openssl(&["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&request)
            .run();
        openssl(&["x509", "-req", "-days", "2", "-CAcreateserial", "-in"])
            .arg(request)
            .arg("-CA")
            .arg(self.certificate())
            .arg("-CAkey")
            .arg(self.file("key"))
            .arg("-extfile")
            .arg(extensions)
            .arg("-out")
            .arg(&certificate)
            .run();
        (certificate, key)
    }

    fn file(&self, end: &str) -> PathBuf {
        self.directory.join(format!("{}.{end}", self.name))
    }
}

fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments);
    command
}

trait Run {
    fn run(&mut self);
}

impl Run for Command {
    fn run(&mut self) {
        let done = self.output().unwrap_or_else(|error| panic!("{self:?}: {error}"));
        assert!(done.status.success(), "{self:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
