//! Writes the command's man pages and completions: `cargo run -p passlock-cli --example manual -- FOLDER`

// An example sees nothing of the program, so the parts that it needs are its own modules, too.
#![allow(dead_code, reason = "of the program's modules only the command line's definition is used")]

#[path = "../src/args.rs"]
mod args;
#[path = "../src/failure.rs"]
mod failure;
#[path = "../src/output.rs"]
mod output;

use std::path::PathBuf;
use std::{env, fs, io};

use clap_complete::{Shell, generate_to};

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a folder is needed"));
    };
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(args::definition(), man)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        generate_to(shell, &mut args::definition(), "passlock-cli", &completions)?;
    }
    Ok(())
}
