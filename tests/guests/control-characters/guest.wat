;; Names a package by what clears a terminal, sets its title, begins a new line and turns the text
;; around. All of it is text, and no name of a package.
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(data (i32.const 1024) "\1b[2J\1b]0;evil\07\r\n0 findings\00\e2\80\ae")
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (call $drop_view (local.get $view))
  (call $package (i32.const 2048) (i32.const 1024) (i32.const 29))
  (call $report (i32.const 2048) (i32.const 1) (i32.const 0) (i32.const 0)))
