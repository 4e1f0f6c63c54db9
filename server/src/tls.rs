//! TLS of the server itself: which certificate it uses. Files are reread regularly, so that new
//! connections get a renewed certificate; existing ones stay. A certificate by ACME is obtained and
//! renewed by [`Acme`], which keeps it in such a file.

use std::{
    fs,
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use parterre_protocol::Millis;
use parterre_system::metrics::Metrics;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    ServerConfig,
    crypto::{
        CryptoProvider,
        aws_lc_rs::{self, Ticketer},
    },
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use x509_parser::parse_x509_certificate;

use crate::config::{Config, TlsMode};

pub(crate) mod acme;
mod challenge;
pub mod settings;

pub use acme::{Acme, AcmeError};
use challenge::Challenges;
pub(crate) use challenge::PROTOCOL as CHALLENGE;

/// How often the files are checked.
const FILE_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// For how long a certificate of our own making is good, from the moment on that phones whose clock
/// is behind take it for: no longer than what Mozilla advises for any.
const SELF_SIGNED: Duration = Duration::from_hours(24 * 364);
/// How far a phone's clock may be behind.
const BEHIND: Duration = Duration::from_hours(24);
/// When a new one is made at the next start.
const RENEW_AFTER: Duration = Duration::from_hours(24 * 300);
/// Files of our own making, in the data folder.
const SELF_SIGNED_FILES: [&str; 2] = ["self-signed.pem", "self-signed.key"];

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A setting is missing.
    #[error("settings: tls.mode is \"files\", so tls.certificate and tls.key must name two PEM files")]
    NoFiles,
    /// Files without the mode in which they are used.
    #[error("settings: tls.certificate or tls.key is set, but tls.mode is not \"files\"")]
    NotUsed,
    /// A file cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {error}")]
    Unwritable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A file holds something else.
    #[error("{path} contains no {what} in PEM format")]
    NotPem {
        /// The file.
        path: String,
        /// What was looked for.
        what: &'static str,
    },
    /// The key is of another certificate, or of a kind that is not supported.
    #[error("{certificate} and {key} cannot be used together: {error}")]
    Unfit {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
        /// Why.
        error: rustls::Error,
    },
    /// There are no keys for tickets.
    #[error("cannot generate TLS keys: {0}")]
    Tickets(#[source] rustls::Error),
    /// The certificate for an authority's challenge cannot be generated.
    #[error("cannot generate the challenge certificate: {0}")]
    Challenge(#[source] rustls::Error),
    /// A certificate cannot be made.
    #[error("cannot generate a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// The certificate that is shown, and the files that it comes from.
#[derive(Debug)]
pub struct Certificate {
    mode: TlsMode,
    files: [PathBuf; 2],
    shown: ArcSwap<CertifiedKey>,
    challenges: Challenges,
    metrics: Metrics,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if challenge::asks(&hello) {
            self.challenges.answer(hello.server_name()?)
        } else {
            Some(self.shown.load_full())
        }
    }
}

impl Certificate {
    /// The certificate of these settings; `None` without TLS. A self-signed one covers these
    /// addresses and is kept in the data folder, so that people have to accept it only once. It
    /// also serves until an authority has issued the first certificate: a room can start with a
    /// warning, but not with a closed port.
    pub fn open(
        config: &Config,
        addresses: &[IpAddr],
        now: Millis,
        metrics: &Metrics,
    ) -> Result<Option<Arc<Self>>, TlsError> {
        let settings = &config.tls;
        let files = match (settings.mode, &settings.certificate, &settings.key) {
            (TlsMode::Files, Some(certificate), Some(key)) => [certificate.clone(), key.clone()],
            (TlsMode::Files, ..) => return Err(TlsError::NoFiles),
            (_, Some(_), _) | (_, _, Some(_)) => return Err(TlsError::NotUsed),
            (TlsMode::Off, ..) => return Ok(None),
            (TlsMode::Acme, ..) => acme::files(&config.data),
            (TlsMode::SelfSigned, ..) => self_signed(&config.data, addresses, now)?,
        };
        let found = match read(&files) {
            Err(_) if settings.mode == TlsMode::Acme => read(&self_signed(&config.data, addresses, now)?),
            found => found,
        };
        let shown = ArcSwap::from_pointee(found?);
        let (challenges, metrics) = (Challenges::default(), metrics.clone());
        let certificate = Self { mode: settings.mode, files, shown, challenges, metrics };
        certificate.tell_end();
        Ok(Some(Arc::new(certificate)))
    }

    /// What the handshake needs: TLS 1.2 and 1.3, with nothing but ephemeral keys.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let versions = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = versions.expect("the provider supports both versions");
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as _);
        // Of the suites that both know, the server's first: the ones with the longest keys.
        config.ignore_client_order = true;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if self.mode == TlsMode::Acme {
            config.alpn_protocols.push(CHALLENGE.to_vec());
        }
        // A whole room that comes back does without most of the handshake, also where it had no
        // place in a cache.
        config.ticketer = Ticketer::new().map_err(TlsError::Tickets)?;
        Ok(config)
    }

    /// Shows what the files hold from now on, for as long as the server runs.
    pub async fn follow(self: Arc<Self>) {
        let mut failing = String::new();
        loop {
            tokio::time::sleep(FILE_POLL_INTERVAL).await;
            match read(&self.files) {
                Ok(found) if found.cert == self.shown.load().cert => failing.clear(),
                Ok(found) => {
                    self.show(found);
                    failing.clear();
                }
                // A renewal writes two files, one after the other.
                Err(error) => {
                    let error = error.to_string();
                    if error != failing {
                        self.metrics.certificate_failures.inc();
                        tracing::warn!(error, "cannot use the new certificate files; keeping the current certificate");
                        failing = error;
                    }
                }
            }
        }
    }

    /// Shows this one from now on.
    fn show(&self, certificate: CertifiedKey) {
        self.shown.store(Arc::new(certificate));
        self.tell_end();
        tracing::info!(sha256 = self.fingerprint(), "using a new certificate");
    }

    fn tell_end(&self) {
        self.metrics.certificate_expiry.set(self.validity().map_or(0, |(_, end)| end / 1000));
    }

    /// From when until when the certificate is good; `None` if it is not one that can be read.
    fn validity(&self) -> Option<(Millis, Millis)> {
        let shown = self.shown.load();
        let (_, certificate) = parse_x509_certificate(shown.cert.first()?).ok()?;
        let validity = certificate.validity();
        Some((validity.not_before.timestamp() * 1000, validity.not_after.timestamp() * 1000))
    }

    /// The certificate's SHA-256, as browsers show it.
    pub fn fingerprint(&self) -> String {
        let shown = self.shown.load();
        let digest = shown.cert.first().map(Sha256::digest).unwrap_or_default();
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read([certificate, key]: &[PathBuf; 2]) -> Result<CertifiedKey, TlsError> {
    let name = |path: &Path| path.display().to_string();
    let bytes = |path: &Path| fs::read(path).map_err(|error| TlsError::Unreadable { path: name(path), error });
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NotPem { path: name(certificate), what: "certificate" })?;
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?);
    let private = private.map_err(|_| TlsError::NotPem { path: name(key), what: "private key" })?;
    let unfit = |error| TlsError::Unfit { certificate: name(certificate), key: name(key), error };
    CertifiedKey::from_der(chain, private, &provider()).map_err(unfit)
}

/// A certificate of our own making for these addresses: the kept one where it still serves.
fn self_signed(data: &Path, addresses: &[IpAddr], now: Millis) -> Result<[PathBuf; 2], TlsError> {
    let files = SELF_SIGNED_FILES.map(|name| data.join(name));
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(addresses.iter().map(ToString::to_string).filter(|name| !names.contains(name)).collect::<Vec<_>>());
    // Before the first line of PEM there may be words.
    let made_for = format!("Parterre, for {}\n", names.join(" "));
    let [certificate, key] = &files;
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or(0));
    let made = fs::metadata(certificate).and_then(|file| file.modified()).ok();
    let age = made.and_then(|made| now.duration_since(made).ok());
    let young = made.is_some() && age.unwrap_or_default() < RENEW_AFTER;
    let kept = fs::read_to_string(certificate).unwrap_or_default();
    if young && kept.starts_with(&made_for) && read(&files).is_ok() {
        return Ok(files);
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Parterre");
    // Clocks of phones may be a little behind.
    (params.not_before, params.not_after) = ((now - BEHIND).into(), (now + SELF_SIGNED).into());
    let pair = KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    write(key, &pair.serialize_pem())?;
    write(certificate, &format!("{made_for}{}", made.pem()))?;
    Ok(files)
}

/// Keeps a secret: nobody else may read it, not for a moment, and a crash leaves the former one or
/// this one.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let part = path.with_added_extension("part");
    let written = || {
        // What a crash left.
        let _ = fs::remove_file(&part);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    written().map_err(|error| TlsError::Unwritable { path: path.display().to_string(), error })
}
