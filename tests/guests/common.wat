;; What hostile guests share: a memory, an allocator, and answers that are as they should be.
;;
;;   16: the answer of the call that is under way
;;   64: texts
;; 1024: what a guest keeps for itself
;; 8192: what is allocated, which is never freed

(memory $memory (export "memory") 1)
(global $top (mut i32) (i32.const 8192))

(data (i32.const 64) "var/lib/dpkg/status")
(data (i32.const 96) "hostile")
(data (i32.const 104) "1")
(data (i32.const 112) "pkg:generic/hostile")

(func $alloc (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (global.get $top))
  (global.set $top
    (i32.and (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 7)) (i32.const -8)))
  (block $enough
    (loop $more
      (br_if $enough (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
      unreachable))
  (local.get $at))

(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $alloc (local.get 3)))

(func $list (param $at i32) (param $len i32) (result i32)
  (i32.store (i32.const 16) (local.get $at))
  (i32.store (i32.const 20) (local.get $len))
  (i32.const 16))

;; Two words: a text, or a list.
(func $put (param $at i32) (param $first i32) (param $second i32)
  (i32.store (local.get $at) (local.get $first))
  (i32.store offset=4 (local.get $at) (local.get $second)))

;; One claim: the database of dpkg, together.
(func $claims (result i32)
  (i32.store (i32.const 32) (i32.const 0))
  (call $put (i32.const 36) (i32.const 64) (i32.const 19))
  (i32.store8 (i32.const 44) (i32.const 1))
  (call $list (i32.const 32) (i32.const 1)))

;; The report of `detect`: findings of 120 bytes each, and unread files of 20.
(func $report
  (param $findings i32) (param $findings_len i32) (param $unread i32) (param $unread_len i32)
  (result i32)
  (i32.store (i32.const 16) (i32.const 0))
  (call $put (i32.const 20) (local.get $findings) (local.get $findings_len))
  (call $put (i32.const 28) (local.get $unread) (local.get $unread_len))
  (i32.const 16))

;; A finding at `at`, where there are 120 bytes of zeros: version 1 of a package of this name, of
;; scheme and namespace `hostile`, stated by the database of dpkg.
(func $package (param $at i32) (param $name i32) (param $name_len i32)
  (call $put (local.get $at) (i32.const 64) (i32.const 19))
  (i32.store8 offset=20 (local.get $at) (i32.const 1))
  (call $put (i32.add (local.get $at) (i32.const 24)) (local.get $name) (local.get $name_len))
  (call $put (i32.add (local.get $at) (i32.const 32)) (i32.const 104) (i32.const 1))
  (call $put (i32.add (local.get $at) (i32.const 40)) (i32.const 96) (i32.const 7))
  (i32.store8 offset=48 (local.get $at) (i32.const 1))
  (call $put (i32.add (local.get $at) (i32.const 52)) (i32.const 96) (i32.const 7))
  (call $put (i32.add (local.get $at) (i32.const 64)) (i32.const 112) (i32.const 19)))
