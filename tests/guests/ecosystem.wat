;; What a scheme needs around it to be asked for keys, added to each guest that is one: a detector
;; that states version 1 of a package, and a feed that states an advisory for it. Its ranges are from
;; 0 up to 2, from 2 up to 0, and from 1 up to 1.

(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(import "limpid:plugin/intake@0.1.0" "[method]sink.advisories" (func $advisories (param i32 i32 i32)))
(import "limpid:plugin/intake@0.1.0" "[resource-drop]sink" (func $drop_sink (param i32)))
(import "limpid:plugin/intake@0.1.0" "[resource-drop]documents" (func $drop_documents (param i32)))

(data (i32.const 1024) "HOSTILE-1")
(data (i32.const 1036) "0")
(data (i32.const 1040) "2")

(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))

(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (call $drop_view (local.get $view))
  (call $package (i32.const 2048) (i32.const 96) (i32.const 7))
  (call $report (i32.const 2048) (i32.const 1) (i32.const 0) (i32.const 0)))

(func (export "limpid:plugin/feed@0.1.0#sources") (param i32 i32 i32) (result i32)
  (call $list (i32.const 0) (i32.const 0)))

;; An advisory has 100 bytes: its id is at 0, whom it affects at 92. Each of those has 76: namespace,
;; name, scheme and ranges are at 0, 8, 20 and 32. A range has 28.
(func (export "limpid:plugin/feed@0.1.0#parse")
  (param i32 i32) (param $documents i32) (param $sink i32) (result i32)
  (call $put (i32.const 2048) (i32.const 1024) (i32.const 9))
  (call $put (i32.const 2140) (i32.const 2160) (i32.const 1))
  (call $put (i32.const 2160) (i32.const 96) (i32.const 7))
  (call $put (i32.const 2168) (i32.const 96) (i32.const 7))
  (call $put (i32.const 2180) (i32.const 96) (i32.const 7))
  (call $put (i32.const 2192) (i32.const 2240) (i32.const 3))
  (call $range (i32.const 2240) (i32.const 1036) (i32.const 1040))
  (call $range (i32.const 2268) (i32.const 1040) (i32.const 1036))
  (call $range (i32.const 2296) (i32.const 104) (i32.const 104))
  (call $advisories (local.get $sink) (i32.const 2048) (i32.const 1))
  (call $drop_documents (local.get $documents))
  (call $drop_sink (local.get $sink))
  (i32.store (i32.const 16) (i32.const 0))
  (i32.store (i32.const 20) (i32.const 0))
  (i32.const 16))

;; From one version up to another, which is not in it.
(func $range (param $at i32) (param $from i32) (param $until i32)
  (i32.store8 (local.get $at) (i32.const 1))
  (call $put (i32.add (local.get $at) (i32.const 4)) (local.get $from) (i32.const 1))
  (i32.store8 offset=12 (local.get $at) (i32.const 1))
  (call $put (i32.add (local.get $at) (i32.const 20)) (local.get $until) (i32.const 1)))

(func (export "limpid:plugin/scheme@0.1.0#name") (result i32)
  (call $list (i32.const 96) (i32.const 7)))

