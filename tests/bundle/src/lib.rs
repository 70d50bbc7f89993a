//! Two providers of other packages, exported by one library.

#![forbid(unsafe_code)]

use loopback::Loopback;
use tour_ifs::TourIfs;
use wpu::base::Base;

wpu::export!(Base<Loopback>, TourIfs; feature = "export");
