//! A request is used after it was passed on.
use wpu::prelude::*;
struct Sniffer;

impl Layer for Sniffer {
    fn send(
        &self, next: &impl ServiceProvider, socket: SOCKET, flags: u32, request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        let answer = next.send(socket, flags, request)?;
        println!("{:?}", request.gather().to_vec());
        Ok(answer)
    }
}

fn main() {}
