struct Files;
::core::compile_error! {
}
::core::compile_error! {
}
struct FilesUpcalls(());
const _: () = {
    use ::wpu::__private as __wpu;
    static RUN: __wpu::Run = __wpu::Run::new();
    fn out() {}
    fn event() {}
    fn socket() {}
    fn entry() {}
    fn context() {}
    fn set() {}
    fn id() {}
    fn proposed() {}
    fn window() {}
    fn message() {}
    fn wparam() {}
    fn lparam() {}
    fn hook() {}
    fn thread() {}
    fn apc() {}
    fn operation() {}
    fn error() {}
    fn transferred() {}
    impl __wpu::Provider for Files {
        type Upcalls = FilesUpcalls;
        const DECLARATION: __wpu::Declaration = __wpu::Declaration {
            provider: "Files",
            class: __wpu::Class::ALL[0],
            platform: __wpu::Platform::ALL[0],
            kit: __wpu::core::option::Option::None,
            uses: __wpu::UpcallSet::of(&[]),
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        const __RUN: __wpu::Fixed<__wpu::Run> = __wpu::Fixed::new(&RUN);
        const __IMPORTS: &'static [__wpu::Import] = &[];
    }
    #[automatically_derived]
    impl __wpu::core::clone::Clone for FilesUpcalls {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl __wpu::core::marker::Copy for FilesUpcalls {}
    #[automatically_derived]
    impl __wpu::core::fmt::Debug for FilesUpcalls {
        fn fmt(
            &self,
            out: &mut __wpu::core::fmt::Formatter<'_>,
        ) -> __wpu::core::fmt::Result {
            __wpu::core::fmt::Formatter::write_str(out, "FilesUpcalls")
        }
    }
    const _: () = {
        use __wpu::core::primitive::*;
        
