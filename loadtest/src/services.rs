//! A Postgres and a Redis for the duration of a command, for test suites that must also pass on
//! them.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, process::ExitStatus};

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::cluster::{
    postgres::{Postgres, Setup},
    program::folder,
    redis::Redis,
};

/// Runs a command with the addresses of both in `DATABASE_URL` and `REDIS_URL`; how it ended.
pub async fn run(command: &[String]) -> Result<ExitStatus> {
    // Another user, Postgres, must get into its own part of it.
    let own =
        tempfile::Builder::new().prefix("parterre-services-").permissions(Permissions::from_mode(0o711)).tempdir()?;
    let redis = Redis::run(folder(own.path(), "redis")?).await?;
    let postgres = Postgres::run(folder(own.path(), "postgres")?, Setup::default()).await?;
    let (program, arguments) = command.split_first().context("there is no command")?;
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command.env("DATABASE_URL", postgres.url()).env("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port()));
    command.status().await.with_context(|| format!("starting {program}"))
}
