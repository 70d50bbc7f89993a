struct Files;
#[derive(::core::clone::Clone, ::core::marker::Copy)]
struct FilesUpcalls(());
const _: () = {
    use ::wpu::crate_must_be_the_path_of_wpu as __wpu;
    use __wpu as __wpu_runtime;
    static RUN: __wpu_runtime::Run = __wpu_runtime::Run::new();
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
    impl __wpu_runtime::Provider for Files {
        type Upcalls = FilesUpcalls;
        const DECLARATION: __wpu::Declaration = __wpu::Declaration {
            facts: &__wpu::facts::FACTS,
            provider: "Files",
            class: __wpu::Class::ALL[0].id(),
            platform: __wpu::Platform::ALL[0].id(),
            kit: __wpu::core::option::Option::None,
            uses: &[],
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        const __RUN: __wpu_runtime::Fixed<__wpu_runtime::Run> = __wpu_runtime::Fixed::new(
            &RUN,
        );
        const __IMPORTS: &'static [__wpu::Import] = &[];
    }
    const _: () = {
        use __wpu::core::primitive::*;
        
