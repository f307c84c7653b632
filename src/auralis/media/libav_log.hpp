// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace auralis::media {

/// Keeps libav from printing: its last error message of this thread is kept instead, for our own errors to quote.
/// Idempotent. Thread: any.
void silence_libav();

/// The message kept for this thread since the last call, without its line end; empty if there was none.
[[nodiscard]] std::string take_libav_message();

} // namespace auralis::media
