struct Files;
::core::compile_error! {
}
::core::compile_error! {
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
struct FilesUpcalls(());
const _: () = {
    static RUN: ::wpu::__private::Run = ::wpu::__private::Run::new();
    impl ::wpu::Provider for Files {
        type Upcalls = FilesUpcalls;
        const DECLARATION: ::wpu::__private::Declaration = ::wpu::__private::Declaration {
            provider: "Files",
            class: ::wpu::__private::Class::ALL[0],
            platform: ::wpu::__private::Platform::ALL[0],
            uses: ::wpu::__private::UpcallSet::of(&[]),
            waives: &[],
        };
        fn upcalls() -> FilesUpcalls {
            FilesUpcalls(())
        }
        fn __run() -> &'static ::wpu::__private::Run {
            &RUN
        }
        fn __import(
            missing: ::wpu::__private::UpcallSet,
            _: &mut ::wpu::__private::Table,
        ) -> ::wpu::__private::UpcallSet {
            missing
        }
    }
    
