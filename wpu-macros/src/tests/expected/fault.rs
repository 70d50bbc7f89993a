struct Files;
::core::compile_error! {
}
::core::compile_error! {
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
struct FilesUpcalls(());
const _: () = {
    use ::wpu::{self as __wpu};
    static RUN: __wpu::__private::Run = __wpu::__private::Run::new();
    impl __wpu::Provider for Files {
        type Upcalls = FilesUpcalls;
        const DECLARATION: __wpu::__private::Declaration = __wpu::__private::Declaration {
            provider: "Files",
            class: __wpu::__private::Class::ALL[0],
            platform: __wpu::__private::Platform::ALL[0],
            kit: ::core::option::Option::None,
            uses: __wpu::__private::UpcallSet::of(&[]),
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        fn __run() -> &'static __wpu::__private::Run {
            &RUN
        }
        fn __import(
            missing: __wpu::__private::UpcallSet,
            _: &mut __wpu::__private::Table,
        ) -> __wpu::__private::UpcallSet {
            missing
        }
    }
    
