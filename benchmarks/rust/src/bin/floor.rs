//! The floor: one TCP stream, prepared bytes, httparse and serde_json. No pool, no limits, no errors to speak of.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use clap::Parser;
use passlock_benchmarks::measure::{Arguments, run_blocking};
use passlock_benchmarks::peer::{Principal, authorization};
use passlock_benchmarks::{TENANCY, TOKEN};

fn main() {
    let arguments = Arguments::parse();
    let authority = arguments.endpoint.strip_prefix("http://").expect("plain http").to_owned();
    let request = format!(
        "GET /{TENANCY}/token/{TOKEN} HTTP/1.1\r\nhost: {authority}\r\nauthorization: {}\r\n\
         accept: application/json\r\n\r\n",
        authorization()
    );
    let pool = Mutex::new(Vec::new());
    run_blocking(&arguments, || {
        let idle = pool.lock().expect("a pool").pop();
        let mut stream = idle.unwrap_or_else(|| {
            let stream = TcpStream::connect(&authority).expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            stream
        });
        stream.write_all(request.as_bytes()).expect("a request sent");
        let mut input = [0; 4096];
        let mut filled = 0;
        let principal: Principal = loop {
            filled += stream.read(&mut input[filled..]).expect("an answer");
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            if let Ok(httparse::Status::Complete(head)) = response.parse(&input[..filled]) {
                let length = response.headers.iter().find(|header| header.name == "content-length");
                let length =
                    length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
                if filled == head + length.expect("a length") {
                    break serde_json::from_slice(&input[head..filled]).expect("a principal");
                }
            }
        };
        std::hint::black_box(principal);
        pool.lock().expect("a pool").push(stream);
    });
}
