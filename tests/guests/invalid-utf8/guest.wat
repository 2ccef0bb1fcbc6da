;; Names a package by bytes that are no text, eight of them each time: a byte that never stands in
;; UTF-8, a character cut short, one written too long, the two halves of a surrogate pair each as if
;; it were a character, what lies beyond the last character, and a name whose fault is in its
;; middle.
(import "limpid:plugin/layer@0.1.0" "[method]view.files" (func $files (param i32 i32)))
(import "limpid:plugin/layer@0.1.0" "[method]file.size" (func $size (param i32) (result i64)))
(import "limpid:plugin/layer@0.1.0" "[resource-drop]file" (func $drop_file (param i32)))
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(data (i32.const 1024) "\ff\ff\ff\ff\ff\ff\ff\ff")
(data (i32.const 1032) "hostil\f0\9f")
(data (i32.const 1040) "hostil\c0\80")
(data (i32.const 1048) "ab\ed\a0\bd\ed\b8\80")
(data (i32.const 1056) "host\f4\90\80\80")
(data (i32.const 1064) "hos\80tile")
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (local $name i32)
  (local.set $name (i32.mul (call $mode (local.get $view) (i64.const 6)) (i32.const 8)))
  (call $package (i32.const 2048) (i32.add (local.get $name) (i32.const 1024)) (i32.const 8))
  (call $report (i32.const 2048) (i32.const 1) (i32.const 0) (i32.const 0)))

;; Which of so many things to try, by the size of the first file; lets go of file and view.
(func $mode (param $view i32) (param $modes i64) (result i32)
  (local $file i32) (local $size i64)
  (call $files (local.get $view) (i32.const 16))
  (local.set $file (i32.load (i32.load (i32.const 16))))
  (local.set $size (call $size (local.get $file)))
  (call $drop_file (local.get $file))
  (call $drop_view (local.get $view))
  (i32.wrap_i64 (i64.rem_u (local.get $size) (local.get $modes))))
