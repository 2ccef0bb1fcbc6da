;; Uses what it was not lent: a handle that it never had, one that it let go, a file in the place of
;; the view; gives the view back twice; keeps it.
(import "limpid:plugin/layer@0.1.0" "[method]view.files" (func $files (param i32 i32)))
(import "limpid:plugin/layer@0.1.0" "[method]file.size" (func $size (param i32) (result i64)))
(import "limpid:plugin/layer@0.1.0" "[resource-drop]file" (func $drop_file (param i32)))
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (local $file i32) (local $mode i32)
  (call $files (local.get $view) (i32.const 16))
  (local.set $file (i32.load (i32.load (i32.const 16))))
  (local.set $mode
    (i32.wrap_i64 (i64.rem_u (call $size (local.get $file)) (i64.const 5))))
  (if (i32.eq (local.get $mode) (i32.const 0))
    (then (drop (call $size (i32.const 12345)))))
  (if (i32.eq (local.get $mode) (i32.const 1))
    (then
      (call $drop_file (local.get $file))
      (drop (call $size (local.get $file)))))
  (if (i32.eq (local.get $mode) (i32.const 2))
    (then (call $files (local.get $file) (i32.const 16))))
  (if (i32.eq (local.get $mode) (i32.const 3))
    (then
      (call $drop_view (local.get $view))
      (call $drop_view (local.get $view))))
  (call $report (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
