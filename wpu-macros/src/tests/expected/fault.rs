struct Files;
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
            facts: &__wpu::facts::FACTS,
            provider: "Files",
            class: __wpu::Class::ALL[0usize].id(),
            platform: __wpu::Platform::ALL[0usize].id(),
            kit: __wpu::core::option::Option::None,
            uses: &[],
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        const __RUN: __wpu::Fixed<__wpu::Run> = __wpu::Fixed::new(&RUN);
        const __IMPORTS: &'static [__wpu::Import] = &[];
    }
    const _: () = {
        use __wpu::core::primitive::*;
        
