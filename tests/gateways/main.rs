//! What no502 says of values, against the programs that read them.
//!
//! `make test-gateways` brings what it needs: an nginx (that of Debian, unpacked and not installed; `NO502_NGINX` names another), and
//! two programs of the workspace, `backend` to stand behind it and `lab` to send requests. All of it runs on 127.0.0.1, on ports
//! that are free, for about a minute. What was shown lies in `target/lab/nginx` then; `make evidence` makes `docs/evidence/nginx.md`
//! of it. An experiment that needs a directive which this nginx does not have says so, and stands there by name.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod nginx;
