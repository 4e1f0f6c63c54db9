//! A certificate that an authority gives by ACME (RFC 8555), obtained when there is none and
//! renewed when it is due (by RFC 9773 where the authority says when), all of it while the server
//! serves. What it has stays in use until there is a better one. The account and the certificate
//! are kept in the data folder, which nobody else may read.
//!
//! Whose a name is, the authority finds at the TLS port ([`super::challenge`]), for names and
//! addresses alike; so no other port has to be open, and so it must find this node there and no
//! other.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use instant_acme::{Account, AccountCredentials, CertificateIdentifier, Error, NewAccount};
use parterre_protocol::Millis;
use parterre_system::{clock::Clock, metrics::Metrics, random};
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};

use super::{Certificate, TlsError, read, write};
use crate::config::{self, Config};

mod due;
mod order;
pub(crate) mod settings;
mod wire;

use order::{CertificateOrder, Given};
use wire::Wire;

/// The account at the authority, in the data folder.
const ACCOUNT: &str = "acme-account.json";
/// The certificate and its key, in the data folder: one file, so that they cannot come apart.
const CERTIFICATE: &str = "acme.pem";
/// How long one try may take.
const TRY: Duration = Duration::from_mins(8);
/// How often the authority is asked when to renew at most, and at least: it says how often, within
/// reason.
const ASK: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(24)];
/// After this long, it is checked again in any case: clocks are set, machines sleep.
const MAX_SLEEP: Duration = Duration::from_hours(6);

/// Why there is no certificate from the authority.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The settings do not say which names it is for.
    #[error(
        "settings: tls.mode is \"acme\", so acme.names must list the certificate's names, or public_url must contain the \
         name and begin with https://"
    )]
    NoNames,
    /// The terms are not accepted.
    #[error(
        "settings: tls.mode is \"acme\", so acme.accept_terms must be true: with it you accept the authority's terms of \
         service, which {0} links to"
    )]
    Terms(String),
    /// The file of further certificates cannot be used.
    #[error("settings: acme.ca: {path} cannot be used: {error}")]
    Ca {
        /// The file.
        path: String,
        /// Why.
        error: String,
    },
    /// An account cannot be created at start.
    #[error(
        "cannot get a certificate from {directory}: {error}. Is acme.directory right, can this machine reach it, and does \
         the system or acme.ca trust its certificate?"
    )]
    Directory {
        /// The authority's address.
        directory: String,
        /// Why.
        error: Error,
    },
    /// The authority has no such kind of certificate.
    #[error("settings: acme.profile: {directory} does not offer {profile:?}, only {offered}")]
    Profile {
        /// The authority's address.
        directory: String,
        /// What was asked for.
        profile: String,
        /// What there is.
        offered: String,
    },
    /// The authority does not look where it is answered.
    #[error("the authority does not offer tls-alpn-01 to validate {0}")]
    NoChallenge(String),
    /// The authority did not see that the names are ours.
    #[error("the authority refused: {0}")]
    Refused(String),
    /// The authority cannot be spoken to, or says no.
    #[error(transparent)]
    Authority(#[from] Error),
    /// It took too long.
    #[error("the authority did not finish within {} minutes", TRY.as_secs() / 60)]
    TooLong,
    /// The certificate or account file cannot be written, or what was issued cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The account.
#[derive(Serialize, Deserialize)]
struct StoredCertificate {
    directory: String,
    contact: Option<String>,
    credentials: AccountCredentials,
}

/// Obtains and renews the certificate.
#[derive(Debug)]
pub struct Acme {
    settings: config::Acme,
    names: Vec<ServerName<'static>>,
    data: PathBuf,
    certificate: Arc<Certificate>,
    clock: Clock,
    metrics: Metrics,
    wire: Wire,
}

/// The files that the server shows what is in: one and the same.
pub(super) fn files(data: &Path) -> [PathBuf; 2] {
    [data.join(CERTIFICATE), data.join(CERTIFICATE)]
}

impl Acme {
    /// With these settings, for this certificate. If no certificate is kept, the authority must be
    /// reachable, so that the first start reports at once what is wrong.
    pub async fn open(
        config: &Config,
        certificate: Arc<Certificate>,
        clock: Clock,
        metrics: &Metrics,
    ) -> Result<Self, AcmeError> {
        let settings = config.acme.clone();
        let names = settings.names_or_host_of(config.public_url.as_ref());
        if names.is_empty() {
            return Err(AcmeError::NoNames);
        }
        if !settings.accept_terms {
            return Err(AcmeError::Terms(settings.directory));
        }
        let wire = Wire::new(settings.ca.as_deref())?;
        let (data, metrics) = (config.data.clone(), metrics.clone());
        let acme = Self { settings, names, data, certificate, clock, metrics, wire };
        if !acme.has_one() {
            acme.account().await.map_err(|error| match error {
                AcmeError::Authority(error) => {
                    AcmeError::Directory { directory: acme.settings.directory.clone(), error }
                }
                error => error,
            })?;
            tracing::info!(
                names = acme.names(),
                directory = acme.settings.directory,
                "requesting a certificate; until it arrives, the server uses one that browsers warn about"
            );
        }
        Ok(acme)
    }

    /// Has a certificate that is good, for as long as the server runs.
    pub async fn keep(self) {
        let (mut failures, mut fraction) = (0, random::fraction());
        loop {
            let replaces = if self.has_one() { self.until_due(fraction).await } else { None };
            match timeout(TRY, self.renew(replaces)).await.unwrap_or(Err(AcmeError::TooLong)) {
                Ok(()) => {
                    (failures, fraction) = (0, random::fraction());
                    sleep(self.certificate.validity().map_or(MAX_SLEEP, due::rest)).await;
                }
                Err(error) => {
                    failures += 1;
                    self.metrics.certificate_failures.inc();
                    let again = due::again(failures, random::fraction());
                    tracing::warn!(
                        %error,
                        failures,
                        again_seconds = again.as_secs(),
                        "no certificate was obtained; keeping the current one"
                    );
                    sleep(again).await;
                }
            }
        }
    }

    /// Waits until the certificate is due for renewal, at this fraction of the window that the
    /// authority suggests. Returns the authority's identifier of the certificate, if it has one.
    async fn until_due(&self, fraction: f64) -> Option<CertificateIdentifier<'static>> {
        loop {
            let advice = self.advice().await;
            let validity = self.certificate.validity()?;
            let suggested = advice.as_ref().map(|advice| advice.window);
            let wait = due::due(validity, suggested, fraction) - self.clock.wall();
            let Ok(wait @ 1..) = u64::try_from(wait) else { return advice.map(|advice| advice.of) };
            let ask = advice.map_or(MAX_SLEEP, |advice| advice.ask.clamp(ASK[0], ASK[1]));
            sleep(Duration::from_millis(wait).min(ask).min(MAX_SLEEP)).await;
        }
    }

    /// What the authority says about when to renew; none if it does not say it, or is not to be
    /// reached.
    async fn advice(&self) -> Option<Advice> {
        let shown = self.certificate.shown.load_full();
        let of = CertificateIdentifier::try_from(shown.cert.first()?).ok()?.into_owned();
        let account =
            self.account().await.inspect_err(|error| tracing::debug!(%error, "no account with the authority"));
        let asked = account.ok()?.renewal_info(&of).await;
        let (info, ask) =
            asked.inspect_err(|error| tracing::debug!(%error, "the authority suggests no renewal time")).ok()?;
        let millis = |time: i64| time.saturating_mul(1000);
        let window = info.suggested_window;
        Some(Advice { of, window: (millis(window.start.unix_timestamp()), millis(window.end.unix_timestamp())), ask })
    }

    /// Has a new certificate shown and kept.
    async fn renew(&self, replaces: Option<CertificateIdentifier<'static>>) -> Result<(), AcmeError> {
        let given = match self.obtain(replaces.clone()).await {
            Err(AcmeError::Authority(Error::Api(problem))) if is_unknown_account(problem.r#type.as_deref()) => {
                tracing::warn!("the authority no longer knows the account; creating another");
                let _ = fs::remove_file(self.data.join(ACCOUNT));
                self.obtain(replaces).await?
            }
            given => given?,
        };
        let files = files(&self.data);
        // What could not be shown does not take the place of what is.
        let part = files[0].with_added_extension("given");
        write(&part, &format!("{}{}{}", self.made_for(), given.key, given.chain))?;
        let certificate = read(&[part.clone(), part.clone()])?;
        fs::rename(&part, &files[0])
            .map_err(|error| TlsError::Unwritable { path: files[0].display().to_string(), error })?;
        self.certificate.show(certificate);
        Ok(())
    }

    async fn obtain(&self, replaces: Option<CertificateIdentifier<'static>>) -> Result<Given, AcmeError> {
        let wanted = CertificateOrder { names: &self.names, profile: self.settings.profile.as_deref(), replaces };
        order::order(&self.account().await?, wanted, &self.certificate.challenges).await
    }

    /// The account: the kept one, or a new one. The authority is asked for its directory each time,
    /// which may change.
    async fn account(&self) -> Result<Account, AcmeError> {
        let at = || Account::builder_with_http(Box::new(self.wire.clone()));
        let (directory, contact) = (&self.settings.directory, &self.settings.contact);
        let mailto = contact.as_ref().map(|contact| format!("mailto:{contact}"));
        let contacts: Vec<&str> = mailto.iter().map(String::as_str).collect();
        let kept = fs::read(self.data.join(ACCOUNT))
            .ok()
            .and_then(|kept| serde_json::from_slice::<StoredCertificate>(&kept).ok());
        let account = match kept.filter(|kept| kept.directory == *directory && kept.contact == *contact) {
            Some(kept) => at().from_credentials(kept.credentials).await?,
            None => {
                let wanted =
                    NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
                let (account, credentials) = at().create(&wanted, directory.clone(), None).await?;
                let kept = StoredCertificate { directory: directory.clone(), contact: contact.clone(), credentials };
                let kept = serde_json::to_string(&kept).map_err(Error::from)?;
                write(&self.data.join(ACCOUNT), &kept)?;
                account
            }
        };
        match &self.settings.profile {
            Some(profile) if account.profiles().all(|offered| offered.name != profile) => Err(AcmeError::Profile {
                directory: directory.clone(),
                profile: profile.clone(),
                offered: match account.profiles().map(|offered| offered.name).collect::<Vec<_>>() {
                    none if none.is_empty() => "one kind of certificate".to_owned(),
                    offered => offered.join(", "),
                },
            }),
            _ => Ok(account),
        }
    }

    /// Whether what is shown is what these settings ask for, however old.
    fn has_one(&self) -> bool {
        let kept = fs::read_to_string(self.data.join(CERTIFICATE)).unwrap_or_default();
        kept.starts_with(&self.made_for()) && read(&files(&self.data)).is_ok()
    }

    /// Before the first line of PEM there may be words: these say which settings a kept certificate
    /// is of.
    fn made_for(&self) -> String {
        let profile = self.settings.profile.as_deref().unwrap_or("usual");
        format!("Parterre, from {} ({profile}), for {}\n", self.settings.directory, self.names())
    }

    fn names(&self) -> String {
        self.names.iter().map(|name| name.to_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What an authority says about when to renew.
struct Advice {
    /// The certificate that it is about.
    of: CertificateIdentifier<'static>,
    /// From when until when.
    window: (Millis, Millis),
    /// When to ask again.
    ask: Duration,
}

/// RFC 8555, section 6.7.
fn is_unknown_account(problem: Option<&str>) -> bool {
    problem == Some("urn:ietf:params:acme:error:accountDoesNotExist")
}
