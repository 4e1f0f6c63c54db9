//! Members: people with an account.

use super::{
    Problem,
    ids::{MemberId, WorkspaceId},
    text,
};

/// What a member may do, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Everything, and cannot be removed.
    Owner,
    /// Everything but the owner's account.
    Admin,
    /// Makes and runs events.
    Facilitator,
    /// Reviews posts.
    Moderator,
}

impl Role {
    /// Whether the role may make, change and run events.
    pub const fn runs_events(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Facilitator)
    }

    /// The role's name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Facilitator => "facilitator",
            Self::Moderator => "moderator",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Facilitator, Self::Moderator].into_iter().find(|role| role.as_str() == name)
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// How they are called.
    pub name: String,
    /// How they sign in, in lower case.
    pub email: Email,
    /// What they may do.
    pub role: Role,
}

/// An email address, in lower case. Checked only for its outline: the proof of an address is mail that arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const EMAIL_CHARS: usize = 254;

impl Email {
    /// Reads an address as typed.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let clean = text::filled_line("email", typed, EMAIL_CHARS)?.to_lowercase();
        let whole = clean
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
        if whole && !clean.contains(' ') { Ok(Self(clean)) } else { Err(Problem::Email) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A new password: long enough to resist guessing, short enough that hashing it is no attack.
#[derive(Clone)]
pub struct NewPassword(String);

/// NIST SP 800-63B-4 asks for at least 15 characters where a password is the only factor, 8 otherwise; room for
/// passphrases. 10 is a compromise for a tool that may run on a closed network.
const PASSWORD_CHARS: (usize, usize) = (10, 200);

impl NewPassword {
    /// Checks the length.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let (min, max) = PASSWORD_CHARS;
        let value = typed.chars().count();
        if (min..=max).contains(&value) {
            Ok(Self(typed.to_owned()))
        } else {
            Err(Problem::OutOfRange { field: "password", min, max, value })
        }
    }

    /// The password, to be hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_with_something_on_both_sides() {
        assert_eq!(Email::parse(" Ines@Example.org ").unwrap().as_str(), "ines@example.org");
        for wrong in ["", "ines", "@example.org", "ines@", "a@b@c", "a b@c"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }
}
