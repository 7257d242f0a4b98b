//! One exchange in core alone, without a network: the request is built, the answer decoded and its claims checked.
//!
//! `core N` does it N times, to be counted by callgrind. `core allocations` prints how many allocations one takes.
//! A package of its own: what guards its cost builds no HTTP client.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use passlock_core::{Call, CallSettings, ClockReading, Config, ExchangeToken, Response, Step};

const PRINCIPAL: &str = include_str!("../../../principal.json");
const TOKEN: &str = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6";

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let config = Config::builder()
        .tenancy_id("tenancy-1")
        .api_key("a-key-of-the-usual-length-0123456789")
        .build()
        .expect("valid settings");
    let settings = CallSettings::of(&config);
    let clock = ClockReading { now: Instant::now(), wall_clock: SystemTime::now(), random: 7 };
    let body = Bytes::from_static(PRINCIPAL.as_bytes());

    let argument = std::env::args().nth(1).unwrap_or_default();
    if argument == "allocations" {
        exchange(&config, &settings, clock, &body);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        exchange(&config, &settings, clock, &body);
        println!("{}", ALLOCATIONS.load(Ordering::Relaxed) - before);
    } else {
        for _ in 0..argument.parse().expect("a number of exchanges") {
            exchange(&config, &settings, clock, &body);
        }
    }
}

#[inline(never)]
fn exchange(config: &Config, settings: &CallSettings, clock: ClockReading, body: &Bytes) {
    let mut call = Call::new(config, settings, ExchangeToken::new(TOKEN), clock.now).expect("a valid token");
    let Step::Send(attempt) = call.step(clock.now) else { unreachable!("the first step is to send") };
    black_box(attempt);
    call.on_response(Response::new(Ok(body.clone())), clock);
    let Step::Done(Ok(principal)) = call.step(clock.now) else { unreachable!("the answer is a principal") };
    black_box(principal);
}
