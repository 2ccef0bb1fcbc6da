;; Asks for its files again and again, and lets none go.
(import "limpid:plugin/layer@0.1.0" "[method]view.files" (func $files (param i32 i32)))
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (loop $more
    (global.set $top (i32.const 8192))
    (call $files (local.get $view) (i32.const 16))
    (br $more))
  unreachable)
