struct Files;
::core::compile_error! {
}
::core::compile_error! {
}
struct FilesUpcalls(());
const _: () = {
    use ::wpu as __wpu;
    static RUN: __wpu::__private::Run = __wpu::__private::Run::new();
    fn apc() {}
    fn context() {}
    fn entry() {}
    fn error() {}
    fn event() {}
    fn hook() {}
    fn id() {}
    fn lparam() {}
    fn message() {}
    fn operation() {}
    fn out() {}
    fn proposed() {}
    fn set() {}
    fn socket() {}
    fn thread() {}
    fn transferred() {}
    fn window() {}
    fn wparam() {}
    impl __wpu::Provider for Files {
        type Upcalls = FilesUpcalls;
        const DECLARATION: __wpu::__private::Declaration = __wpu::__private::Declaration {
            provider: "Files",
            class: __wpu::__private::Class::ALL[0],
            platform: __wpu::__private::Platform::ALL[0],
            kit: __wpu::__private::core::option::Option::None,
            uses: __wpu::__private::UpcallSet::of(&[]),
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        const __RUN: __wpu::__private::Fixed<__wpu::__private::Run> = __wpu::__private::Fixed::new(
            &RUN,
        );
        const __IMPORTS: &'static [__wpu::__private::Import] = &[];
    }
    #[automatically_derived]
    impl __wpu::__private::core::clone::Clone for FilesUpcalls {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl __wpu::__private::core::marker::Copy for FilesUpcalls {}
    #[automatically_derived]
    impl __wpu::__private::core::fmt::Debug for FilesUpcalls {
        fn fmt(
            &self,
            out: &mut __wpu::__private::core::fmt::Formatter<'_>,
        ) -> __wpu::__private::core::fmt::Result {
            __wpu::__private::core::fmt::Formatter::write_str(out, "FilesUpcalls")
        }
    }
    
