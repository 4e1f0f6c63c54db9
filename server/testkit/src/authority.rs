//! A certificate authority for tests, made with `openssl`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::command::output;

/// An authority whose certificate is a file.
pub struct Authority {
    directory: PathBuf,
    name: &'static str,
}

impl Authority {
    /// Creates an authority with this name. Its files are in the directory.
    pub fn new(directory: &Path, name: &'static str) -> Self {
        let authority = Self { directory: directory.to_owned(), name };
        let (key, certificate) = (authority.file("key"), authority.certificate());
        output(
            openssl(&["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
                .args(["-subj", &format!("/CN={name}"), "-addext", "basicConstraints=critical,CA:TRUE"])
                .arg("-keyout")
                .arg(key)
                .arg("-out")
                .arg(certificate),
        );
        authority
    }

    /// The file of its own certificate, in PEM.
    pub fn certificate(&self) -> PathBuf {
        self.file("pem")
    }

    /// The files of a certificate and a key for a server with these names, such as `DNS:localhost`
    /// or `IP:127.0.0.1`.
    pub fn sign(&self, names: &str) -> (PathBuf, PathBuf) {
        let stem = names.replace([':', ',', '.'], "-");
        let file = |end: &str| self.directory.join(format!("{}-{stem}.{end}", self.name));
        let (certificate, key, request, extensions) = (file("pem"), file("key"), file("csr"), file("ext"));
        fs::write(&extensions, format!("subjectAltName={names}\nextendedKeyUsage=serverAuth\n")).expect("a file");
        output(
            openssl(&["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server"])
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&request),
        );
        output(
            openssl(&["x509", "-req", "-days", "2", "-CAcreateserial", "-in"])
                .arg(request)
                .arg("-CA")
                .arg(self.certificate())
                .arg("-CAkey")
                .arg(self.file("key"))
                .arg("-extfile")
                .arg(extensions)
                .arg("-out")
                .arg(&certificate),
        );
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
