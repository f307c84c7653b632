// SPDX-License-Identifier: Apache-2.0
// Boost.Beast's own code, compiled once here rather than in each file that uses it.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
